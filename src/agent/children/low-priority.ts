/** Children that may take their time. */
import { constants, setPriority } from 'node:os';
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';

/**
 * Nice 10, a weight of 110 against the agent's 1024 (kernel/sched/core.c, sched_prio_to_weight): about a tenth of a core that the agent
 * wants for itself. Nice 19 left one part in seventy, with which a training on a busy board does not come to its end.
 * Where the machine forbids it the child runs all the same, at the agent's own priority.
 */
export function lowerPriority(pid: number, logger: Logger): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    logger.debug(`the child runs at normal priority: ${sentence(error)}`);
  }
}
