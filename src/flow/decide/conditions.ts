/** What an event must be for a rule: label, camera, score, zone, attribute. Pure functions. */
import type { OutputRuleAction, RuleAction, RuleConfig } from '../../config/rules-section.ts';
import type { Event } from '../track/event.ts';

/** A label of the rule that means any. */
const anyLabel = '*';

/** Does the rule speak about this event, whatever its score? */
export function concerns(rule: Pick<RuleConfig, 'camera' | 'label'>, event: Pick<Event, 'camera' | 'label'>): boolean {
  return (
    (rule.camera === undefined || rule.camera === event.camera) &&
    (rule.label === anyLabel || rule.label === event.label)
  );
}

/** Is the event, as it is now, what the rule waits for? Time, number and arming are looked at elsewhere. */
export function matches(rule: RuleConfig, event: Event): boolean {
  return (
    concerns(rule, event) &&
    event.score >= rule.minScore &&
    (rule.zone === undefined || event.zones.includes(rule.zone)) &&
    (rule.attribute === undefined || hasAttribute(rule.attribute, event))
  );
}

function hasAttribute(wanted: NonNullable<RuleConfig['attribute']>, { estimates = [] }: Event): boolean {
  const { name, value, min, max, minScore } = wanted;
  return estimates.some(
    (estimate) =>
      estimate.name === name &&
      (estimate.score ?? 0) >= minScore &&
      (value === undefined || estimate.value === value) &&
      (min === undefined || (typeof estimate.value === 'number' && estimate.value >= min)) &&
      (max === undefined || (typeof estimate.value === 'number' && estimate.value <= max)),
  );
}

/** Everything a rule does, the short form spelled out. */
export function actionsOf(rule: RuleConfig): readonly RuleAction[] {
  const { output, action, durationMs, periodMs, offWhenGone } = rule;
  if (output === undefined) return rule.actions;
  const short: OutputRuleAction = {
    type: 'output',
    output,
    action,
    periodMs,
    offWhenGone,
    ...(durationMs === undefined ? {} : { durationMs }),
  };
  return [short, ...rule.actions];
}
