/** A verdict: what one rule made of one event, and why. It comes from the very evaluation that fires, never from a second one. */

export const conditionNames = [
  'camera',
  'label',
  'score',
  'size',
  'zone',
  'attribute',
  'dwell',
  'count',
  'armed',
  'schedule',
  'cooldown',
] as const;

/** One thing that a rule waits for, as it was when the rule looked. */
export interface Condition {
  readonly name: (typeof conditionNames)[number];
  readonly holds: boolean;
  /** What the rule wants, and what there was: a label, a fraction, milliseconds, a number of events. */
  readonly wanted: ConditionValue;
  readonly seen: ConditionValue;
}

export type ConditionValue = string | number | boolean | readonly string[];

export interface Verdict {
  readonly rule: string;
  readonly fired: boolean;
  /** Wall clock of the evaluation, ms since 1970. */
  readonly atMs: number;
  /** Everything it waits for. Of a rule that fired: as it was then. Of one that didn't: as it was when the most was true. */
  readonly conditions: readonly Condition[];
  /** What it did, such as `led on`, `message intruder`; empty when it didn't fire. */
  readonly actions: readonly string[];
}

/** The one of two verdicts of a rule on an event that says more: the first that fired, else the one in which more was true, else the newer. */
export function moreTelling(before: Verdict | undefined, now: Verdict): Verdict {
  if (before === undefined) return now;
  if (before.fired !== now.fired) return before.fired ? before : now;
  if (before.fired) return before;
  return truths(now) >= truths(before) ? now : before;
}

function truths({ conditions }: Verdict): number {
  return conditions.reduce((count, { holds }) => count + (holds ? 1 : 0), 0);
}

export function areTrue(conditions: readonly Condition[]): boolean {
  return conditions.every(({ holds }) => holds);
}
