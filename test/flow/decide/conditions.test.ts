/** What rules wait for: zone, dwell, count, attribute, arming, schedule; and several actions at once. */
import test from 'ava';
import fc from 'fast-check';
import type { RuleConfig } from '../../../src/config/rules-section.ts';
import { createRules } from '../../../src/flow/decide/rules.ts';
import type { Event } from '../../../src/flow/track/event.ts';
import { event, rule, short } from './rule-samples.ts';

/** Rules, and what happens when: an event, or `-` for time that passes; with the actions that each must give. */
const tables: readonly (readonly [
  string,
  readonly RuleConfig[],
  readonly (readonly [number, string, readonly string[]])[],
])[] = [
  [
    'outside its zone nothing fires',
    [rule({ zone: 'drive' })],
    [
      [0, 'new a person 0.8 front', []],
      [1, 'update a person 0.8 front path', []],
      [2, 'end a person 0.8 front path', []],
    ],
  ],
  [
    'on in the zone, off when it leaves the zone, on when it comes back',
    [rule({ zone: 'drive' })],
    [
      [0, 'new a person 0.8 front', []],
      [1, 'update a person 0.8 front path,drive', ['led on']],
      [2, 'update a person 0.9 front drive', []],
      [3, 'update a person 0.9 front path', ['led off']],
      [4, 'update a person 0.9 front drive', ['led on']],
      [5, 'end a person 0.9 front drive', ['led off']],
    ],
  ],
  [
    'a pulse, a message and a snapshot are not done again when it comes back into the zone',
    [rule({ zone: 'drive', action: 'pulse', actions: [{ type: 'message' }, { type: 'snapshot' }] })],
    [
      [0, 'new a person 0.8 front drive', ['led pulse', 'message light', 'snapshot front']],
      [1, 'update a person 0.8 front', []],
      [2, 'update a person 0.8 front drive', []],
      [3, 'end a person 0.8 front drive', []],
      [4, 'new b person 0.8 front drive', ['led pulse', 'message light', 'snapshot front']],
    ],
  ],
  [
    'dwell counts from the first frame and fires without a further event',
    [rule({ dwellMs: 1000 })],
    [
      [200, 'new a person', []],
      [999, '-', []],
      [1000, '-', ['led on']],
      [1500, '-', []],
      [2000, 'end a person', ['led off']],
    ],
  ],
  [
    'dwell in a zone counts from entering it, anew each time',
    [rule({ zone: 'drive', dwellMs: 1000 })],
    [
      [5000, 'new a person 0.8 front', []],
      [6000, 'update a person 0.8 front drive', []],
      [6999, '-', []],
      [6999, 'update a person 0.8 front', []],
      [7000, '-', []],
      [8000, 'update a person 0.8 front drive', []],
      [8999, '-', []],
      [9000, '-', ['led on']],
      [9001, 'end a person', ['led off']],
    ],
  ],
  [
    'who has gone before the dwell was over fires nothing',
    [rule({ dwellMs: 1000 })],
    [
      [0, 'new a person', []],
      [900, 'end a person', []],
      [2000, '-', []],
    ],
  ],
  [
    'a count fires once when it is reached, and is undone when there are fewer',
    [rule({ count: 2, actions: [{ type: 'message', name: 'crowd' }] })],
    [
      [0, 'new a person', []],
      [1, 'new b dog', []],
      [2, 'new c person', ['led on', 'message crowd']],
      [3, 'new d person', []],
      [4, 'end a person', []],
      [5, 'end c person', ['led off']],
      [6, 'new e person', ['led on', 'message crowd']],
    ],
  ],
  [
    'a count is that of one camera, with the score and in the zone',
    [rule({ count: 2, zone: 'drive', minScore: 0.7 })],
    [
      [0, 'new a person 0.8 front drive', []],
      [1, 'new b person 0.8 back drive', []],
      [2, 'new c person 0.6 front drive', []],
      [3, 'new d person 0.9 front path', []],
      [4, 'update c person 0.7 front drive', ['led on']],
      [5, 'update a person 0.8 front', ['led off']],
    ],
  ],
  [
    'an estimate that is missing, another or too weak fires nothing',
    [rule({ attribute: { name: 'gender', value: 'female', minScore: 0.7 } })],
    [
      [0, 'new a person', []],
      [1, 'update a person gender=male@0.9', []],
      [2, 'update a person mood=female@0.9', []],
      [3, 'update a person gender=female@0.69', []],
      [4, 'update a person gender=female@0.7', ['led on']],
      [5, 'update a person gender=male@0.8', ['led off']],
    ],
  ],
  [
    'a number is held against its range',
    [rule({ attribute: { name: 'age', min: 18, max: 65, minScore: 0 } })],
    [
      [0, 'new a person age=17.9', []],
      [1, 'update a person age=66', []],
      [2, 'update a person age=old', []],
      [3, 'update a person age=18', ['led on']],
    ],
  ],
  [
    'several actions in the order they are written',
    [
      rule({
        actions: [
          { type: 'output', output: 'siren', action: 'blink', periodMs: 100, offWhenGone: true },
          { type: 'message', name: 'intruder' },
          { type: 'output', output: 'bell', action: 'pulse', periodMs: 100, offWhenGone: true },
        ],
      }),
    ],
    [
      [0, 'new a person', ['led on', 'siren blink', 'message intruder', 'bell pulse']],
      [1, 'end a person', ['led off', 'siren off']],
    ],
  ],
  [
    'what waits for the end of a cooldown fires when it is over',
    [rule({ action: 'pulse', cooldownMs: 100 })],
    [
      [0, 'new a person', ['led pulse']],
      [50, 'new b person', []],
      [99, '-', []],
      [100, '-', ['led pulse']],
      [300, '-', []],
    ],
  ],
];

/** `gender=female@0.9` after the label is an estimate. */
function happening(text: string): Event {
  const [, name, value, score] = /(\w+)=([\w.]+)(?:@([\d.]+))?/.exec(text) ?? [];
  if (name === undefined) return event(text);
  const number = Number(value);
  const estimate = {
    name,
    value: Number.isNaN(number) ? value! : number,
    model: 'm',
    modelSha256: '',
    ...(score === undefined ? {} : { score: Number(score) }),
  };
  return event(text.split(' ').slice(0, 3).join(' '), { estimates: [estimate] });
}

for (const [name, configs, steps] of tables) {
  test(name, (t) => {
    const rules = createRules(configs);
    for (const [nowMs, text, expected] of steps) {
      const actions = text === '-' ? rules.review(nowMs) : rules.decide(happening(text), nowMs);
      t.deepEqual(actions.map(short), expected, `${nowMs} ${text}`);
    }
  });
}

/** Rules whose arming and wall clock the test turns. */
function circumstances(configs: readonly RuleConfig[]) {
  const armed = new Set<string>();
  const clock = { wallMs: 0 };
  return {
    armed,
    clock,
    rules: createRules(configs, {
      isArmed: (control) => armed.has(control),
      wallMs: () => clock.wallMs,
      timeZone: 'UTC',
    }),
  };
}

test('disarmed nothing fires; armed it fires for who is there; disarming undoes it at once, also what would stay on', (t) => {
  const { rules, armed } = circumstances([
    rule({ armedBy: 'alarm', actions: [{ type: 'message' }] }),
    rule({ name: 'siren', output: 'siren', armedBy: 'alarm', offWhenGone: false }),
    rule({ name: 'door', output: 'door' }),
  ]);
  t.deepEqual(rules.decide(event('new a person'), 0).map(short), ['door on']);
  t.deepEqual(rules.review(1), []);
  armed.add('alarm');
  t.deepEqual(rules.review(2).map(short), ['led on', 'message light', 'siren on']);
  t.deepEqual(rules.review(3), []);
  armed.delete('alarm');
  const off = rules.review(4);
  t.deepEqual(off.map(short), ['led off', 'siren off']);
  t.is(off[0]?.reason, 'rule light: alarm is not armed');
  t.deepEqual(rules.review(5), []);
  armed.add('alarm');
  t.deepEqual(rules.review(6).map(short), ['led on', 'message light', 'siren on'], 'armed anew it says so anew');
  t.deepEqual(rules.decide(event('end a person'), 7).map(short), ['led off', 'door off']);
});

test('a schedule that begins fires for who is there; one that ends leaves on what is on', (t) => {
  const { rules, clock } = circumstances([rule({ schedule: [{ days: ['fri'], from: '22:00', to: '23:00' }] })]);
  clock.wallMs = Date.UTC(2026, 10, 27, 21, 59);
  t.deepEqual(rules.decide(event('new a person'), 0), []);
  t.deepEqual(rules.review(1), []);
  clock.wallMs = Date.UTC(2026, 10, 27, 22, 0);
  t.deepEqual(rules.review(2).map(short), ['led on']);
  clock.wallMs = Date.UTC(2026, 10, 27, 23, 0);
  t.deepEqual(rules.review(3), []);
  t.deepEqual(rules.decide(event('new b person'), 4), []);
  t.deepEqual(rules.decide(event('end a person'), 5).map(short), ['led off']);
});

test('a Pi that starts a year behind keeps to its schedule as soon as its clock is set', (t) => {
  const { rules, clock } = circumstances([rule({ schedule: [{ days: ['fri'], from: '22:00', to: '23:00' }] })]);
  // 27 November 2025 is a Thursday.
  clock.wallMs = Date.UTC(2025, 10, 27, 22, 30);
  t.deepEqual(rules.decide(event('new a person'), 0), []);
  t.deepEqual(rules.review(500), []);
  clock.wallMs = Date.UTC(2026, 10, 27, 22, 30);
  t.deepEqual(rules.review(1000).map(short), ['led on']);
  clock.wallMs = Date.UTC(2025, 10, 27, 22, 30);
  t.deepEqual(rules.review(1500), []);
  t.deepEqual(rules.decide(event('end a person'), 2000).map(short), ['led off']);
});

test('other rules take over: unchanged ones go on without firing again, the others let go', (t) => {
  const kept = rule({ name: 'kept', output: 'lamp' });
  const rules = createRules([rule(), kept]);
  rules.decide(event('new a person'), 0);
  t.deepEqual(rules.replace([{ ...kept }, rule({ name: 'new', output: 'siren' })]).map(short), ['led off']);
  t.deepEqual(rules.review(1).map(short), ['siren on']);
  t.deepEqual(rules.decide(event('end a person'), 2).map(short), ['lamp off', 'siren off']);
});

test('a message and a snapshot carry the event they are for', (t) => {
  const seen = event('new a person 0.876');
  const [message, snapshot] = createRules([
    rule({ output: undefined, actions: [{ type: 'message' }, { type: 'snapshot' }] }),
  ]).decide(seen, 0);
  const reason = 'rule light: person 0.88 on front';
  t.deepEqual(message, { kind: 'message', name: 'light', rule: 'light', event: seen, reason });
  t.deepEqual(snapshot, { kind: 'snapshot', rule: 'light', event: seen, reason });
});

test('whatever happens, when all have ended nothing that follows its event is left on', (t) => {
  const anyRule = fc.record({
    zone: fc.constantFrom(undefined, 'drive'),
    count: fc.constantFrom(1, 2, 3),
    dwellMs: fc.constantFrom(0, 7),
    cooldownMs: fc.constantFrom(0, 5),
    armedBy: fc.constantFrom(undefined, 'alarm'),
    action: fc.constantFrom('on', 'blink', 'pulse'),
    output: fc.constantFrom('led', 'siren'),
  });
  const anyStep = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    what: fc.constantFrom('drive', 'path', 'end', 'arm', 'disarm', 'wait', 'by-hand'),
  });
  fc.assert(
    fc.property(
      fc.array(anyRule, { minLength: 1, maxLength: 3 }),
      fc.array(anyStep, { maxLength: 50 }),
      (some, steps) => {
        const configs = some.map((change, index) =>
          rule({ ...(change as Partial<RuleConfig>), name: `rule-${index}` }),
        );
        const { rules, armed } = circumstances(configs);
        const lit = new Set<string>();
        const open = new Set<string>();
        let nowMs = 0;
        const apply = (actions: readonly { kind: string; output?: string }[]): void => {
          for (const { kind, output } of actions) {
            if (kind === 'off') lit.delete(output!);
            else if (kind !== 'pulse') lit.add(output!);
          }
        };
        for (const { id, what } of steps) {
          nowMs += 2;
          if (what === 'arm') armed.add('alarm');
          else if (what === 'disarm') armed.delete('alarm');
          else if (what === 'by-hand') {
            rules.letGo('led');
            lit.delete('led');
          } else if (what === 'end') {
            if (open.delete(id)) apply(rules.decide(event(`end ${id} person`), nowMs));
          } else if (what !== 'wait') {
            apply(rules.decide(event(`${open.has(id) ? 'update' : 'new'} ${id} person 0.8 front ${what}`), nowMs));
            open.add(id);
          }
          apply(rules.review(nowMs));
        }
        for (const id of open) apply(rules.decide(event(`end ${id} person`), nowMs));
        return lit.size === 0 && rules.review(nowMs).length === 0;
      },
    ),
    { numRuns: 1000 },
  );
  t.pass();
});
