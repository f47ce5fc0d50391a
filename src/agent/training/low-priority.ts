/** Children that may take their time. */
import { constants, setPriority } from 'node:os';
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';

/** Where the machine forbids it the child runs all the same, at the agent's own priority. */
export function lowerPriority(pid: number, logger: Logger): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    logger.debug(`the child runs at normal priority: ${sentence(error)}`);
  }
}
