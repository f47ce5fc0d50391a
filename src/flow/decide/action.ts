/** An action: what should be done now, and why. The noun that decide/ hands on. */
import type { Event } from '../track/event.ts';

export type Action = OutputAction | MessageAction | SnapshotAction | NotifyAction;

/** What an output should do. */
export type OutputAction = { readonly output: string; readonly reason: string } & (
  | { readonly kind: 'on' }
  | { readonly kind: 'off' }
  /** On for durationMs, then off. */
  | { readonly kind: 'pulse'; readonly durationMs: number }
  /** Toggles every half period, until durationMs is over (absent: until off). */
  | { readonly kind: 'blink'; readonly periodMs: number; readonly durationMs?: number }
);

/** A message to publish under alert/<name>. */
export interface MessageAction {
  readonly kind: 'message';
  readonly name: string;
  readonly rule: string;
  /** The event the rule fired for, as it was then. */
  readonly event: Event;
  readonly reason: string;
}

/** A picture to take of what the event's camera shows. */
export interface SnapshotAction {
  readonly kind: 'snapshot';
  readonly rule: string;
  readonly event: Event;
  readonly reason: string;
}

/** Somebody to tell: see flow/notify. */
export interface NotifyAction {
  readonly kind: 'notify';
  /** Name of the recipient. */
  readonly to: string;
  readonly text: string;
  readonly rule: string;
  readonly event: Event;
  readonly reason: string;
}

/** True for what an output does. */
export function isOutputAction(action: Action): action is OutputAction {
  return 'output' in action;
}
