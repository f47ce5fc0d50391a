/** What a rule waits for beside what the event is: number, arming, time of the week, and that it did not fire just now. Pure functions. */
import type { RuleConfig } from '../../config/rules-section.ts';
import { isWithin } from './schedule.ts';
import type { Condition } from './verdict.ts';

/** What a rule is judged by, beside the events. */
export interface RuleCircumstances {
  /** Is this arming control on? */
  isArmed(control: string): boolean;
  /** Wall clock for schedules, ms since 1970. */
  wallMs(): number;
  /** IANA name; absent: the machine's. */
  readonly timeZone?: string;
}

/** @param ripe events on one camera that are what the rule waits for */
export function countCondition({ count }: Pick<RuleConfig, 'count'>, ripe: number): Condition[] {
  return count > 1 ? [{ name: 'count', holds: ripe >= count, wanted: count, seen: ripe }] : [];
}

export function armedCondition(
  { armedBy }: Pick<RuleConfig, 'armedBy'>,
  isArmed: RuleCircumstances['isArmed'],
): Condition[] {
  if (armedBy === undefined) return [];
  const holds = isArmed(armedBy);
  return [{ name: 'armed', holds, wanted: armedBy, seen: holds }];
}

export function scheduleCondition(
  { schedule }: Pick<RuleConfig, 'schedule'>,
  wallMs: number,
  timeZone?: string,
): Condition[] {
  if (schedule.length === 0) return [];
  const holds = isWithin(schedule, wallMs, timeZone);
  return [{ name: 'schedule', holds, wanted: schedule.map(windowText), seen: new Date(wallMs).toISOString() }];
}

/** @param sinceMs since the rule fired last; infinite: never */
export function cooldownCondition({ cooldownMs }: Pick<RuleConfig, 'cooldownMs'>, sinceMs: number): Condition[] {
  if (cooldownMs === 0) return [];
  const seen = Number.isFinite(sinceMs) ? Math.round(sinceMs) : 'never fired before';
  return [{ name: 'cooldown', holds: sinceMs >= cooldownMs, wanted: cooldownMs, seen }];
}

/** `mon,tue 22:00-06:00`. */
function windowText({ days, from, to }: RuleConfig['schedule'][number]): string {
  return `${days.join(',')} ${from}-${to}`;
}
