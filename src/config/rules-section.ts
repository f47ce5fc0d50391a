/** The part of the schema that describes rules: when they fire, and what they do then. */
import { z } from 'zod';
import {
  durationMs,
  expects,
  flag,
  fraction,
  listOf,
  mends,
  oneOf,
  pattern,
  realNumber,
  section,
  slug,
  text,
  wholeNumber,
} from './values.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const timeOfDay = (example: string) =>
  pattern(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day from 00:00 to 24:00', example).register(mends, {
    mend: (found) => [timeLike(found)],
  });

/** A time in another spelling: 6:00, 22.30, 6, 22:00:00, or 1320, which is how YAML 1.1 reads 22:00. */
function timeLike(found: unknown): string {
  if (typeof found === 'number' && found >= 60 && found <= 1440) {
    return timeLike(`${Math.floor(found / 60)}:${String(found % 60).padStart(2, '0')}`);
  }
  const match = /^(\d{1,2})(?:[:.h](\d{2}))?(?::00)?$/.exec(String(found).trim());
  return match === null ? '' : `${match[1]!.padStart(2, '0')}:${match[2] ?? '00'}`;
}

/** A part of the week in the local time zone. */
const timeWindow = section({
  /** Days it begins on. */
  days: listOf(oneOf(weekdays), { expected: `a list of days out of ${weekdays.join(', ')}`, example: '[sat, sun]' })
    .min(1, { error: expects('at least one day', '[sat, sun]') })
    .default([...weekdays]),
  from: timeOfDay('22:00').default('00:00'),
  /** Earlier than `from`: on the next day. */
  to: timeOfDay('06:00').default('24:00'),
});

/** An estimate that a second stage made: its value, or its range for numbers. */
const attribute = section({
  name: text('the name of an estimate', 'gender'),
  value: z
    .union([text('a value', 'female'), realNumber(-1e9, 1e9, 18)], {
      error: expects('a value of the estimate', 'female'),
    })
    .optional(),
  min: realNumber(-1e9, 1e9, 18).optional(),
  max: realNumber(-1e9, 1e9, 99).optional(),
  /** Estimates with a lower score, or without one, don't count; 0: any. */
  minScore: fraction(0.7).default(0.5),
});

const output = slug('the name of an output', 'led');
const switching = {
  action: oneOf(['on', 'off', 'pulse', 'blink']).default('on'),
  /** pulse: how long; blink: how long, absent: until the label is gone. */
  durationMs: durationMs(10, 3_600_000, 1000).optional(),
  /** blink: one on and one off. */
  periodMs: durationMs(50, 60_000, 500).default(500),
  /** on and blink: undo it when the label has gone. */
  offWhenGone: flag().default(true),
};

const ruleAction = z.discriminatedUnion(
  'type',
  [
    section({ type: z.literal('output'), output, ...switching }),
    /** Published under alert/<name>; absent: the rule's own name. */
    section({ type: z.literal('message'), name: slug('a name for the topic', 'intruder').optional() }),
    section({ type: z.literal('snapshot') }),
    /** Told to a recipient under `notify`. Text: {label}, {camera}, {zone}, {score} and {time} are filled in. */
    section({
      type: z.literal('notify'),
      to: slug('the name of a recipient', 'phone'),
      text: text('a text', '{label} on {camera}').max(500).default('{label} on {camera}'),
    }),
  ],
  { error: expects('an action with type output, message, snapshot or notify', '{ type: message }') },
);

export const ruleSection = section({
  name: slug('the name of a rule', 'person-light'),
  /** Absent: every camera. */
  camera: slug('the name of a camera', 'front').optional(),
  label: text('a label of the model, or * for any', 'person'),
  minScore: fraction(0.5).default(0.5),
  /** Only while it is in this zone. */
  zone: slug('the name of a zone', 'drive').optional(),
  /** Only in one of these times; empty: always. */
  schedule: listOf(timeWindow, { expected: 'a list of times', example: '[{ from: "22:00", to: "06:00" }]' }).default(
    [],
  ),
  /** Only after it has been there (in the zone) for this long. */
  dwellMs: durationMs(0, 86_400_000, 5000).default(0),
  /** Only when at least this many are there at once, on one camera. */
  count: wholeNumber(1, 100, 2).default(1),
  attribute: attribute.optional(),
  /** Only while this control is armed. */
  armedBy: slug('the name of a control', 'alarm').optional(),
  /** Short for one action of type output. */
  output: output.optional(),
  ...switching,
  actions: listOf(ruleAction, { expected: 'a list of actions', example: '[{ type: message }]' }).default([]),
  /** Not again for this long after it fired. */
  cooldownMs: durationMs(0, 86_400_000, 0).default(0),
});

export type Weekday = (typeof weekdays)[number];
export type TimeWindow = z.output<typeof timeWindow>;
export type RuleConfig = z.output<typeof ruleSection>;
export type RuleAction = z.output<typeof ruleAction>;
export type OutputRuleAction = Extract<RuleAction, { type: 'output' }>;
