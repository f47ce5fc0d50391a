/** Carries actions out: outputs first, then what goes over the network. */

import { sentence } from '../errors.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import {
  type Action,
  isOutputAction,
  type MessageAction,
  type NotifyAction,
  type SnapshotAction,
} from '../flow/decide/action.ts';
import type { Snapshots } from '../flow/snapshot/snapshots.ts';
import type { Logger } from '../logger.ts';

export interface ActingParts {
  readonly outputs: Pick<Outputs, 'apply'>;
  /** Publishes under alert/<name>. Returns at once. */
  alert(action: MessageAction): void;
  /** Takes a picture of the event's camera. Returns at once. */
  snapshot(action: SnapshotAction): void;
  /** Tells somebody. Returns at once. */
  notify(action: NotifyAction): void;
}

export function createActing({ outputs, alert, snapshot, notify }: ActingParts): (action: Action) => void {
  return (action) => {
    if (isOutputAction(action)) outputs.apply(action);
    else if (action.kind === 'message') alert(action);
    else if (action.kind === 'notify') notify(action);
    else snapshot(action);
  };
}

/** A rule's snapshot is the next frame of the event's camera; one that can't be had is told in the log. */
export function takeByRule(snapshots: Pick<Snapshots, 'take'>, logger: Logger): (action: SnapshotAction) => void {
  return ({ rule, event }) => {
    snapshots.take(event.camera).catch((error: unknown) => logger.warn(`The rule ${rule}: ${sentence(error)}`));
  };
}
