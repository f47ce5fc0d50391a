/** What an event must be for a rule: label, camera, score, size, zone, attribute. Pure functions. */
import type { OutputRuleAction, RuleAction, RuleConfig } from '../../config/rules-section.ts';
import type { Event } from '../track/event.ts';
import type { Condition } from './verdict.ts';

/** A label of the rule that means any. */
const anyLabel = '*';

/** Does the rule speak about this event, whatever its score? */
export function concerns(rule: Pick<RuleConfig, 'camera' | 'label'>, event: Pick<Event, 'camera' | 'label'>): boolean {
  return concernConditions(rule, event).every(({ holds }) => holds);
}

/** Whether the rule speaks about this event, in parts: its camera and its label. */
export function concernConditions(
  rule: Pick<RuleConfig, 'camera' | 'label'>,
  event: Pick<Event, 'camera' | 'label'>,
): Condition[] {
  const camera: Condition[] =
    rule.camera === undefined
      ? []
      : [{ name: 'camera', holds: rule.camera === event.camera, wanted: rule.camera, seen: event.camera }];
  const isLabel = rule.label === anyLabel || rule.label === event.label;
  return [...camera, { name: 'label', holds: isLabel, wanted: rule.label, seen: event.label }];
}

/** What the event must be, as it is now, for a rule that concerns it. Time, number and arming are looked at elsewhere. */
export function eventConditions(rule: RuleConfig, event: Event): Condition[] {
  const { minScore, zone, attribute } = rule;
  const conditions: Condition[] = [
    { name: 'score', holds: event.score >= minScore, wanted: minScore, seen: event.score },
  ];
  // Where the filter usualSize is on: a rule waits for a size that counts.
  if (event.size !== undefined) {
    const { height, usualHeight, counts } = event.size;
    conditions.push({ name: 'size', holds: counts, wanted: rounded(usualHeight), seen: rounded(height) });
  }
  if (zone !== undefined) {
    conditions.push({ name: 'zone', holds: event.zones.includes(zone), wanted: zone, seen: event.zones });
  }
  if (attribute !== undefined) {
    const seen = (event.estimates ?? []).filter(({ name }) => name === attribute.name);
    conditions.push({
      name: 'attribute',
      holds: hasAttribute(attribute, event),
      wanted: attributeText(attribute),
      seen: seen.map(
        ({ name, value, score }) => `${name} ${value}${score === undefined ? '' : ` (${score.toFixed(2)})`}`,
      ),
    });
  }
  return conditions;
}

function rounded(fraction: number): number {
  return Math.round(1000 * fraction) / 1000;
}

/** `gender female`, `age 18..99`. */
function attributeText({ name, value, min, max }: NonNullable<RuleConfig['attribute']>): string {
  return value !== undefined ? `${name} ${value}` : `${name} ${min ?? ''}..${max ?? ''}`;
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
