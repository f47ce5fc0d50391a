/** Why a rule fired for an event, or which condition kept it. */
import test from 'ava';
import type { RuleConfig } from '../../../src/config/rules-section.ts';
import { createRules } from '../../../src/flow/decide/rules.ts';
import type { Verdict } from '../../../src/flow/decide/verdict.ts';
import { event, rule } from './rule-samples.ts';

const noon = Date.UTC(2026, 10, 28, 12);

/** Runs events through one rule and gives its verdict on the first that ended. */
function verdictOn(
  change: Partial<RuleConfig>,
  texts: readonly (readonly [number, string])[],
  isArmed = (_control: string): boolean => false,
): Verdict {
  const rules = createRules([rule(change)], { isArmed, wallMs: () => noon, timeZone: 'UTC' });
  let found: Verdict | undefined;
  rules.onEnd((_event, verdicts) => {
    found ??= verdicts[0];
  });
  for (const [nowMs, text] of texts) {
    if (text === 'review') rules.review(nowMs);
    else rules.decide(event(text), nowMs);
  }
  return found!;
}

/** The conditions that did not hold: `score 0.4 of 0.7`. */
const kept = ({ conditions }: Verdict): string[] =>
  conditions.filter(({ holds }) => !holds).map(({ name, seen, wanted }) => `${name} ${seen} of ${wanted}`);

const tables: readonly [string, Partial<RuleConfig>, readonly (readonly [number, string])[], readonly string[]][] = [
  [
    'another camera',
    { camera: 'back' },
    [
      [0, 'new a person'],
      [1, 'end a person'],
    ],
    ['camera front of back'],
  ],
  [
    'another label',
    {},
    [
      [0, 'new a dog'],
      [1, 'end a dog'],
    ],
    ['label dog of person'],
  ],
  [
    'a low score',
    { minScore: 0.7 },
    [
      [0, 'new a person 0.4'],
      [1, 'update a person 0.6'],
      [2, 'end a person 0.6'],
    ],
    ['score 0.6 of 0.7'],
  ],
  [
    'never in the zone',
    { zone: 'drive' },
    [
      [0, 'new a person 0.8 front path'],
      [1, 'end a person 0.8'],
    ],
    ['zone path of drive'],
  ],
  [
    'not long enough',
    { dwellMs: 5000 },
    [
      [0, 'new a person'],
      [4000, 'review'],
      [4100, 'end a person'],
    ],
    ['dwell 4000 of 5000'],
  ],
  [
    'too few',
    { count: 2 },
    [
      [0, 'new a person'],
      [1, 'end a person'],
    ],
    ['count 1 of 2'],
  ],
  [
    'not armed',
    { armedBy: 'alarm' },
    [
      [0, 'new a person'],
      [1, 'end a person'],
    ],
    ['armed false of alarm'],
  ],
  [
    'outside its hours',
    { schedule: [{ days: ['sat', 'sun'], from: '22:00', to: '06:00' }] },
    [
      [0, 'new a person'],
      [1, 'end a person'],
    ],
    ['schedule 2026-11-28T12:00:00.000Z of sat,sun 22:00-06:00'],
  ],
  [
    'an estimate that was not made',
    { attribute: { name: 'gender', value: 'female', minScore: 0.5 } },
    [
      [0, 'new a person'],
      [1, 'end a person'],
    ],
    ['attribute  of gender female'],
  ],
];
for (const [title, change, texts, expected] of tables) {
  test(`the condition that kept a rule is named: ${title}`, (t) => {
    const verdict = verdictOn(change, texts);
    t.false(verdict.fired);
    t.deepEqual(kept(verdict), expected);
    t.deepEqual(verdict.actions, []);
  });
}

test('a rule that fired says what was true then, and what it did', (t) => {
  const verdict = verdictOn(
    { zone: 'drive', dwellMs: 1000, armedBy: 'alarm', cooldownMs: 60_000, actions: [{ type: 'message' }] },
    [
      [0, 'new a person 0.8 front'],
      [100, 'update a person 0.9 front drive'],
      [1100, 'review'],
      [5000, 'update a person 0.9 front'],
      [6000, 'end a person 0.9'],
    ],
    () => true,
  );
  t.true(verdict.fired);
  t.deepEqual(kept(verdict), []);
  t.deepEqual(verdict.conditions.find(({ name }) => name === 'zone')?.seen, ['drive']);
  t.is(verdict.conditions.find(({ name }) => name === 'dwell')?.seen, 1000);
  t.is(verdict.conditions.find(({ name }) => name === 'cooldown')?.seen, 'never fired before');
  t.deepEqual(verdict.actions, ['led on', 'message light']);
  t.is(verdict.atMs, noon);
});

test('a cooldown that kept a rule names how long ago it fired', (t) => {
  const rules = createRules([rule({ cooldownMs: 60_000 })]);
  const found = new Map<string, Verdict>();
  rules.onEnd(({ id }, verdicts) => found.set(id, verdicts[0]!));
  rules.decide(event('new a person'), 0);
  rules.decide(event('end a person'), 1000);
  rules.decide(event('new b person'), 10_000);
  rules.decide(event('end b person'), 11_000);
  t.true(found.get('a')!.fired);
  t.deepEqual(kept(found.get('b')!), ['cooldown 10000 of 60000']);
});

test('of a life the moment counts in which the most was true', (t) => {
  const verdict = verdictOn({ zone: 'drive', minScore: 0.7 }, [
    [0, 'new a person 0.4 front'],
    [1, 'update a person 0.75 front'],
    [2, 'update a person 0.75 front path'],
    [3, 'end a person 0.75'],
  ]);
  t.deepEqual(kept(verdict), ['zone path of drive']);
});

test('with a count, each that was counted says that it fired', (t) => {
  const rules = createRules([rule({ count: 2 })]);
  const found = new Map<string, boolean>();
  rules.onEnd(({ id }, verdicts) => found.set(id, verdicts[0]!.fired));
  for (const [text, at] of [
    ['new a person', 0],
    ['new b person', 1],
    ['new c dog', 2],
    ['end a person', 3],
    ['end b person', 4],
    ['end c dog', 5],
  ] as const) {
    rules.decide(event(text), at);
  }
  t.deepEqual(
    [...found],
    [
      ['a', true],
      ['b', true],
      ['c', false],
    ],
  );
});

test('while an event lives its verdicts can be asked for; afterwards nothing is remembered', (t) => {
  const rules = createRules([rule({ minScore: 0.9 })]);
  const one = event('new a person 0.8');
  rules.decide(one, 0);
  t.deepEqual(kept(rules.verdicts(one)[0]!), ['score 0.8 of 0.9']);
  rules.decide(event('end a person 0.8'), 1);
  t.deepEqual(kept(rules.verdicts(one)[0]!), []);
});

test('a size that is unusual for its place keeps a rule, with the height seen and the usual one', (t) => {
  const verdictOf = (counts: boolean): Verdict => {
    const rules = createRules([rule({})], { isArmed: () => false, wallMs: () => noon, timeZone: 'UTC' });
    let found: Verdict | undefined;
    rules.onEnd((_event, verdicts) => {
      [found] = verdicts;
    });
    const size = { height: 0.061, usualHeight: 0.4321, counts };
    for (const text of ['new a person', 'end a person']) rules.decide({ ...event(text), size }, 0);
    return found!;
  };
  t.deepEqual(kept(verdictOf(false)), ['size 0.061 of 0.432']);
  t.false(verdictOf(false).fired);
  t.true(verdictOf(true).fired);
  t.true(verdictOf(true).conditions.some(({ name, holds }) => name === 'size' && holds));
});
