import test from 'ava';
import fc from 'fast-check';
import type { RuleConfig } from '../../../src/config/rules-section.ts';
import { type Action, isOutputAction } from '../../../src/flow/decide/action.ts';
import { scoreMarks, silentRules } from '../../../src/flow/decide/rule-sense.ts';
import { createRules } from '../../../src/flow/decide/rules.ts';
import type { Event } from '../../../src/flow/track/event.ts';
import { event, rule, short } from './rule-samples.ts';

/** Rules, and events with their times and the actions that each must give. */
const tables: readonly (readonly [
  string,
  readonly RuleConfig[],
  readonly (readonly [number, string, readonly string[]])[],
])[] = [
  [
    'another label does nothing',
    [rule()],
    [
      [0, 'new a dog', []],
      [1, 'end a dog', []],
    ],
  ],
  [
    'another camera does nothing',
    [rule({ camera: 'back' })],
    [
      [0, 'new a person', []],
      [1, 'end a person', []],
    ],
  ],
  [
    'too low a score does nothing, and neither does its end',
    [rule()],
    [
      [0, 'new a person 0.49', []],
      [1, 'end a person 0.49', []],
    ],
  ],
  ['an end without a beginning does nothing', [rule()], [[0, 'end a person', []]]],
  [
    'on, and off when gone',
    [rule()],
    [
      [0, 'new a person', ['led on']],
      [1, 'update a person 0.9', []],
      [2, 'end a person', ['led off']],
    ],
  ],
  [
    'a score that is reached later fires then',
    [rule({ minScore: 0.7 })],
    [
      [0, 'new a person 0.6', []],
      [1, 'update a person 0.7', ['led on']],
      [2, 'end a person 0.7', ['led off']],
    ],
  ],
  [
    '* is any label',
    [rule({ label: '*' })],
    [
      [0, 'new a dog', ['led on']],
      [1, 'end a dog', ['led off']],
    ],
  ],
  [
    'on the named camera',
    [rule({ camera: 'back' })],
    [
      [0, 'new a person 0.8 back', ['led on']],
      [1, 'end a person 0.8 back', ['led off']],
    ],
  ],
  [
    'the last one out switches off',
    [rule({ label: '*' })],
    [
      [0, 'new a person', ['led on']],
      [1, 'new b dog', ['led on']],
      [2, 'end a person', []],
      [3, 'end b dog', ['led off']],
    ],
  ],
  [
    'two rules hold one output together; what is left decides how it goes on',
    [rule(), rule({ name: 'dogs', label: 'dog', action: 'blink' })],
    [
      [0, 'new a person', ['led on']],
      [1, 'new b dog', ['led blink']],
      [2, 'end b dog', ['led on']],
      [3, 'new c dog', ['led blink']],
      [4, 'end a person', []],
      [5, 'end c dog', ['led off']],
    ],
  ],
  [
    'a blink that ends by itself is not begun again',
    [rule(), rule({ name: 'dogs', label: 'dog', action: 'blink', durationMs: 100 })],
    [
      [0, 'new b dog', ['led blink']],
      [1, 'new a person', ['led on']],
      [2, 'end a person', []],
      [3, 'end b dog', ['led off']],
    ],
  ],
  [
    'two rules for one event switch off once',
    [rule(), rule({ name: 'any', label: '*' })],
    [
      [0, 'new a person', ['led on', 'led on']],
      [1, 'end a person', ['led off']],
    ],
  ],
  [
    'outputs do not mix',
    [rule(), rule({ name: 'siren', output: 'siren', minScore: 0.9 })],
    [
      [0, 'new a person', ['led on']],
      [1, 'update a person 0.9', ['siren on']],
      [2, 'end a person 0.9', ['led off', 'siren off']],
    ],
  ],
  [
    'without offWhenGone it stays on',
    [rule({ offWhenGone: false })],
    [
      [0, 'new a person', ['led on']],
      [1, 'end a person', []],
    ],
  ],
  [
    'what stays on is not switched off by the end of another rule',
    [rule({ offWhenGone: false }), rule({ name: 'dogs', label: 'dog' })],
    [
      [0, 'new a person', ['led on']],
      [1, 'new b dog', ['led on']],
      [2, 'end a person', []],
      [3, 'end b dog', []],
    ],
  ],
  [
    'a rule with action off ends what stayed on',
    [
      rule({ offWhenGone: false }),
      rule({ name: 'dogs', label: 'dog' }),
      rule({ name: 'cats', label: 'cat', action: 'off' }),
    ],
    [
      [0, 'new a person', ['led on']],
      [1, 'new b cat', ['led off']],
      [2, 'end b cat', []],
      [3, 'new c dog', ['led on']],
      [4, 'end c dog', ['led off']],
    ],
  ],
  [
    'a pulse is not undone',
    [rule({ action: 'pulse' })],
    [
      [0, 'new a person', ['led pulse']],
      [1, 'end a person', []],
    ],
  ],
  [
    'a blink is undone, also when it has an end of its own',
    [rule({ action: 'blink', durationMs: 100 })],
    [
      [0, 'new a person', ['led blink']],
      [1, 'end a person', ['led off']],
    ],
  ],
  [
    'within the cooldown nothing fires; an event that outlasts it fires with its next update',
    [rule({ action: 'pulse', cooldownMs: 100 })],
    [
      [0, 'new a person', ['led pulse']],
      [1, 'end a person', []],
      [99, 'new b person', []],
      [100, 'update b person', ['led pulse']],
      [101, 'update b person', []],
      [199, 'end b person', []],
    ],
  ],
  [
    'within the cooldown what is on is held on by the next event',
    [rule({ label: '*', cooldownMs: 100 })],
    [
      [0, 'new a person', ['led on']],
      [10, 'new b dog', []],
      [20, 'end a person', []],
      [30, 'end b dog', ['led off']],
    ],
  ],
  [
    'within the cooldown what went off stays off',
    [rule({ cooldownMs: 100 })],
    [
      [0, 'new a person', ['led on']],
      [10, 'end a person', ['led off']],
      [20, 'new b person', []],
      [30, 'end b person', []],
    ],
  ],
  [
    'cooldowns are per rule',
    [rule({ cooldownMs: 100 }), rule({ name: 'dogs', label: 'dog', cooldownMs: 100 })],
    [
      [0, 'new a person', ['led on']],
      [1, 'new b dog', ['led on']],
    ],
  ],
];

for (const [name, rules, steps] of tables) {
  test(name, (t) => {
    const { decide } = createRules(rules);
    for (const [nowMs, text, expected] of steps) t.deepEqual(decide(event(text), nowMs).map(short), expected, text);
  });
}

test('an action carries what the output needs, and a reason for people', (t) => {
  const action = (change: Partial<RuleConfig>): Action | undefined =>
    createRules([rule(change)]).decide(event('new a person 0.876'), 0)[0];
  const reason = 'rule light: person 0.88 on front';
  t.deepEqual(action({ action: 'on' }), { kind: 'on', output: 'led', reason });
  t.deepEqual(action({ action: 'off' }), { kind: 'off', output: 'led', reason });
  t.deepEqual(action({ action: 'pulse' }), { kind: 'pulse', output: 'led', reason, durationMs: 1000 });
  t.deepEqual(action({ action: 'pulse', durationMs: 70 }), { kind: 'pulse', output: 'led', reason, durationMs: 70 });
  t.deepEqual(action({ action: 'blink' }), { kind: 'blink', output: 'led', reason, periodMs: 500 });
  t.deepEqual(action({ action: 'blink', durationMs: 70, periodMs: 50 }), {
    kind: 'blink',
    output: 'led',
    reason,
    periodMs: 50,
    durationMs: 70,
  });
  const rules = createRules([rule()]);
  rules.decide(event('new a person'), 0);
  t.is(rules.decide(event('end a person'), 1)[0]?.reason, 'rule light: person on front has ended (gone)');
});

test('an output that was switched by hand is left alone until a rule fires again', (t) => {
  const rules = createRules([rule(), rule({ name: 'alarm', label: 'cat', offWhenGone: false })]);
  rules.decide(event('new a person'), 0);
  rules.decide(event('new c cat'), 0);
  rules.letGo('led');
  t.deepEqual(rules.decide(event('update a person 0.99'), 1), []);
  t.deepEqual(rules.decide(event('end a person'), 2), []);
  t.deepEqual(rules.decide(event('new b person'), 3).map(short), ['led on']);
  t.deepEqual(rules.decide(event('end b person'), 4).map(short), ['led off']);
});

const labels = ['person', 'dog'];
const anyRule = fc.record({
  label: fc.constantFrom('person', 'dog', '*'),
  minScore: fc.constantFrom(0.5, 0.7, 0.9),
  output: fc.constantFrom('led', 'siren'),
  action: fc.constantFrom('on', 'blink'),
  cooldownMs: fc.constantFrom(0, 5),
});
const anyStep = fc.record({
  label: fc.constantFrom(...labels),
  rise: fc.double({ min: 0, max: 0.3, noNaN: true }),
  ends: fc.boolean(),
});

test('when all events have ended, every output that was switched on is off; no rule fires twice for one event', (t) => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { minLength: 1, maxLength: 4 }),
      fc.array(anyStep, { maxLength: 40 }),
      (changes, steps) => {
        const { decide } = createRules(changes.map((change, index) => rule({ ...change, name: `rule-${index}` })));
        const open = new Map<string, Event>();
        const lit = new Set<string>();
        const fired = new Set<string>();
        let count = 0;
        let nowMs = 0;
        const give = (given: Event): void => {
          for (const action of decide(given, nowMs++)) {
            if (!isOutputAction(action)) throw new Error('only outputs are asked for');
            if (action.kind === 'off') {
              lit.delete(action.output);
              continue;
            }
            lit.add(action.output);
            // What is left after an end is no new firing.
            if (given.type === 'end') continue;
            const who = `${action.reason.split(':')[0]} ${given.id}`;
            if (fired.has(who)) throw new Error(`${who} fired twice`);
            fired.add(who);
          }
        };
        for (const { label, rise, ends } of steps) {
          const before = open.get(label);
          if (before !== undefined && ends) {
            open.delete(label);
            give({ ...before, type: 'end', reason: 'gone' });
          } else {
            const next: Event =
              before === undefined
                ? event(`new ${count++} ${label} ${0.4 + rise}`)
                : { ...before, type: 'update', score: Math.min(1, before.score + rise) };
            open.set(label, next);
            give(next);
          }
        }
        for (const last of open.values()) give({ ...last, type: 'end', reason: 'stopped' });
        return lit.size === 0;
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test('the marks of a camera are the minimum scores of the rules that listen to it', (t) => {
  const rules = [rule({ minScore: 0.9 }), rule({ minScore: 0.6, camera: 'back' }), rule({ minScore: 0.9 }), rule()];
  t.deepEqual(scoreMarks(rules, 'front'), [0.5, 0.9]);
  t.deepEqual(scoreMarks(rules, 'back'), [0.5, 0.6, 0.9]);
});

test('rules that can never fire are told, with what they may have meant', (t) => {
  const cameras = [
    { camera: 'front', labels: ['person', 'dog'] },
    { camera: 'back', labels: ['car'] },
  ];
  t.deepEqual(silentRules([rule({ label: 'Person' })], cameras), [
    "The rule light can't fire: no camera reports the label Person; did you mean person?",
  ]);
  t.deepEqual(silentRules([rule({ camera: 'back' })], cameras), [
    "The rule light can't fire: camera back never reports the label person; known labels: car.",
  ]);
  t.deepEqual(silentRules([rule(), rule({ label: '*' }), rule({ label: 'car' })], cameras), []);
});
