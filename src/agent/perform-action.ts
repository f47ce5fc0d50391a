/** Carries actions out: outputs first, then what goes over the network. */
import { sentence } from '../errors.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import { type Action, isOutputAction } from '../flow/decide/action.ts';
import type { Notifier } from '../flow/notify/notifier.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import type { Snapshots } from '../flow/snapshot/snapshots.ts';
import type { Logger } from '../logger.ts';

export interface PerformActionParts {
  readonly outputs: Pick<Outputs, 'apply'>;
  readonly publisher: Pick<Publisher, 'alert'>;
  readonly snapshots: Pick<Snapshots, 'take'>;
  readonly notifier: Pick<Notifier, 'notify'>;
  readonly logger: Logger;
}

/**
 * @returns carries one action out and returns at once. Why a rule's snapshots can't be taken is logged once, until one can be
 *   again: a rule may fire several times a second.
 */
export function createPerformAction(parts: PerformActionParts): (action: Action) => void {
  const { outputs, publisher, snapshots, notifier, logger } = parts;
  /** What was logged, by rule. */
  const troubles = new Map<string, string>();
  const notTaken = (rule: string, error: unknown): void => {
    const trouble = sentence(error);
    logger[troubles.get(rule) === trouble ? 'debug' : 'warn'](`The rule ${rule}: ${trouble}`);
    troubles.set(rule, trouble);
  };
  return (action) => {
    if (isOutputAction(action)) outputs.apply(action);
    else if (action.kind === 'message') publisher.alert(action);
    else if (action.kind === 'notify') notifier.notify(action);
    else {
      const { rule, event } = action;
      snapshots.take(event.camera).then(
        () => troubles.delete(rule),
        (error: unknown) => notTaken(rule, error),
      );
    }
  };
}
