import test from 'ava';
import fc from 'fast-check';
import type { OutputConfig } from '../../../src/config/schema.ts';
import { Output, type OutputState } from '../../../src/flow/act/output.ts';
import type { LineStatus } from '../../../src/flow/act/retried-line.ts';
import type { Switch, SwitchOptions } from '../../../src/flow/act/switch.ts';
import type { OutputAction } from '../../../src/flow/decide/action.ts';
import { createLogger } from '../../../src/logger.ts';
import { ManualTimers } from '../../fakes/manual-timers.ts';
import { FakeWire } from '../../fakes/switch.ts';

const defaults: OutputConfig = { adapter: 'auto', line: 'GPIO17', activeLow: false, safe: 'off', maxOnMs: 0 };

function bench(config: Partial<OutputConfig> = {}, openSwitch?: (options: SwitchOptions) => Switch) {
  const timers = new ManualTimers();
  const wire = new FakeWire();
  const open = openSwitch ?? ((options: SwitchOptions) => wire.open(options));
  const states: OutputState[] = [];
  const statuses: LineStatus[] = [];
  const log: string[] = [];
  let overrides = 0;
  const output = new Output({
    name: 'led',
    config: { ...defaults, ...config },
    open: (options) => ({ adapter: 'gpiochip', detail: 'GPIO17 is here', switch: open(options) }),
    timers,
    logger: createLogger({
      part: 'act',
      threshold: { level: 'info' },
      format: 'text',
      write: (line) => log.push(line.slice(13)),
    }),
    onState: (state) => states.push(state),
    onStatus: (status) => statuses.push(status),
    onOverride: () => overrides++,
  });
  return { output, timers, wire, states, statuses, log, overrides: () => overrides };
}

const reason = 'test';
const on: OutputAction = { output: 'led', reason, kind: 'on' };
const off: OutputAction = { output: 'led', reason, kind: 'off' };
const pulse = (durationMs: number): OutputAction => ({ output: 'led', reason, kind: 'pulse', durationMs });
const blink = (periodMs: number, durationMs?: number): OutputAction => ({
  output: 'led',
  reason,
  kind: 'blink',
  periodMs,
  ...(durationMs === undefined ? {} : { durationMs }),
});

test('a line that can not be had is told once, tried again with back-off, and then does what is wanted by now', (t) => {
  const { output, timers, wire, states, statuses, log } = bench();
  wire.cut();
  output.start();
  t.like(statuses.at(-1), { state: 'unavailable', waitUntilMs: timers.nowMs() + 1000 });
  t.regex(statuses.at(-1)?.detail ?? '', /GPIO17 is cut.*Join it/);
  t.is(output.state.on, undefined);
  output.apply(on);
  timers.advance(1000 + 2000 + 4000);
  t.like(statuses.at(-1), { state: 'unavailable', waitUntilMs: timers.nowMs() + 8000 });
  t.is(log.length, 1);
  wire.join();
  timers.advance(8000);
  t.like(statuses.at(-1), { state: 'ready', detail: 'GPIO17 is here' });
  t.deepEqual(wire.history, [true]);
  t.deepEqual(
    states.map((state) => state.on),
    [undefined, true],
  );
});

test('a line lost while on comes back on; one whose limit is over by then comes back off', (t) => {
  for (const [maxOnMs, expected] of [
    [0, true],
    [500, false],
  ] as const) {
    const { output, timers, wire, states } = bench({ maxOnMs });
    output.start();
    output.apply(on);
    wire.cut();
    output.apply(blink(100));
    timers.advance(600);
    t.is(output.state.on, undefined);
    output.apply(maxOnMs === 0 ? on : blink(100, 20));
    timers.advance(50);
    wire.join();
    timers.advance(40_000);
    t.is(wire.level, expected);
    t.is(states.at(-1)?.on, expected);
  }
});

test('a mistake in the adapter is not taken for a lost line', (t) => {
  const { output, statuses } = bench({}, () => {
    throw new TypeError('a bug');
  });
  t.throws(() => output.start(), { instanceOf: TypeError });
  t.deepEqual(statuses, []);
});

test('the limit counts, logs, goes safe and lets rules know; asking again does not prolong it', (t) => {
  const { output, timers, wire, log, overrides } = bench({ maxOnMs: 1000 });
  output.start();
  output.apply(on);
  timers.advance(600);
  output.apply(pulse(5000));
  timers.advance(399);
  t.true(wire.level);
  timers.advance(1);
  t.false(wire.level);
  t.is(output.cutOffsTotal, 1);
  t.is(overrides(), 1);
  t.regex(log.at(-1) ?? '', /led was on for its limit of 1000 ms: cut off/);
  timers.advance(60_000);
  t.deepEqual(wire.history, [false, true, false]);
  output.apply(on);
  t.true(wire.level);
});

test('a stay that ends in time is not cut off, however often it was asked for', (t) => {
  const { output, timers } = bench({ maxOnMs: 1000 });
  output.start();
  for (const action of [on, pulse(50), blink(100), on, off]) output.apply(action);
  timers.advance(5000);
  t.is(output.cutOffsTotal, 0);
});

test('blinking counts as being away from the safe state', (t) => {
  const { output, timers, wire } = bench({ maxOnMs: 1000 });
  output.start();
  output.apply(blink(200));
  timers.advance(5000);
  t.is(output.cutOffsTotal, 1);
  t.deepEqual(wire.history.filter((level) => level).length, 5);
  t.false(wire.level);
});

test('with safe on, the limit is for being off', (t) => {
  const { output, timers, wire, log } = bench({ safe: 'on', maxOnMs: 1000 });
  output.start();
  t.true(wire.level);
  timers.advance(100_000);
  output.apply(off);
  t.false(wire.level);
  timers.advance(1000);
  t.true(wire.level);
  t.regex(log.at(-1) ?? '', /led was off for its limit/);
});

test('without a limit it stays on', (t) => {
  const { output, timers, wire } = bench();
  output.start();
  output.apply(on);
  timers.advance(86_400_000);
  t.true(wire.level);
});

/** What is asked at which time, and the levels that the wire then had. */
const sequences: readonly (readonly [string, readonly (readonly [number, OutputAction])[], readonly boolean[]])[] = [
  [
    'on and off',
    [
      [0, on],
      [10, on],
      [10, off],
    ],
    [false, true, false],
  ],
  ['a pulse ends by itself', [[0, pulse(100)]], [false, true, false]],
  [
    'a second pulse starts anew',
    [
      [0, pulse(100)],
      [60, pulse(100)],
    ],
    [false, true, false],
  ],
  [
    'a pulse on a lit lamp leaves it lit',
    [
      [0, on],
      [10, pulse(100)],
    ],
    [false, true],
  ],
  [
    'off ends a pulse',
    [
      [0, pulse(100)],
      [10, off],
      [0, on],
    ],
    [false, true, false, true],
  ],
  ['a blink with an end', [[0, blink(40, 100)]], [false, true, false, true, false, true, false]],
  [
    'a blink ends at off',
    [
      [0, blink(40)],
      [30, off],
    ],
    [false, true, false],
  ],
  [
    'the same blink goes on in step',
    [
      [0, blink(40)],
      [30, blink(40)],
      [15, off],
    ],
    [false, true, false, true, false],
  ],
  [
    'a pulse within a blink',
    [
      [0, blink(40)],
      [30, pulse(100)],
      [105, off],
    ],
    [false, true, false, true, false],
  ],
];

for (const [name, steps, levels] of sequences) {
  test(name, (t) => {
    const { output, timers, wire } = bench();
    output.start();
    for (const [delayMs, action] of steps) {
      timers.advance(delayMs);
      output.apply(action);
    }
    timers.advance(1000);
    t.deepEqual(wire.history, levels);
  });
}

test('tells each change of what it does, but not each half period', (t) => {
  const { output, timers, states } = bench();
  output.start();
  output.apply(blink(100));
  timers.advance(1000);
  output.apply(pulse(50));
  timers.advance(50);
  output.apply(off);
  output.apply(off);
  t.deepEqual(
    states.map(({ on: level, pattern }) => [level, pattern]),
    [
      [false, 'steady'],
      [true, 'blink'],
      [true, 'pulse'],
      [true, 'blink'],
      [false, 'steady'],
    ],
  );
});

test('the safe state lasts until the next action', (t) => {
  const { output, wire, overrides } = bench({ activeLow: true });
  output.start();
  output.apply(on);
  output.holdSafe('no detections');
  t.true(wire.level);
  t.is(output.state.reason, 'no detections');
  t.is(overrides(), 1);
  output.apply(on);
  t.false(wire.level);
});

test('stop leaves the line safe and free, and nothing happens after it', (t) => {
  const { output, timers, wire, states, statuses } = bench();
  output.start();
  output.apply(blink(100));
  output.stop();
  t.false(states.at(-1)?.on);
  t.like(statuses.at(-1), { state: 'stopped' });
  const before = wire.history.length;
  output.apply(on);
  output.set(true, 'late');
  timers.advance(100_000);
  output.stop();
  t.is(wire.history.length, before);
  t.false(wire.level);
  t.true(wire.isFree);
});

test('stop while the line is lost ends the attempts', (t) => {
  const { output, timers, wire } = bench();
  wire.cut();
  output.start();
  output.stop();
  wire.join();
  timers.advance(100_000);
  t.is(timers.waiting, 0);
  t.deepEqual(wire.history, []);
});

type Step =
  | { readonly action: OutputAction }
  | { readonly advanceMs: number }
  | { readonly set: boolean }
  | { readonly line: 'cut' | 'join' }
  | { readonly safe: true };

const durationMs = fc.integer({ min: 10, max: 3000 });
const anyAction: fc.Arbitrary<OutputAction> = fc.oneof(
  fc.constant(on),
  fc.constant(off),
  durationMs.map(pulse),
  fc.tuple(fc.integer({ min: 50, max: 800 }), fc.option(durationMs, { nil: undefined })).map(([p, d]) => blink(p, d)),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: anyAction.map((action) => ({ action })) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 1500 }).map((advanceMs) => ({ advanceMs })) },
  { weight: 1, arbitrary: fc.boolean().map((set) => ({ set })) },
  { weight: 1, arbitrary: fc.constantFrom({ line: 'cut' } as const, { line: 'join' } as const) },
  { weight: 1, arbitrary: fc.constant({ safe: true } as const) },
);
const anyConfig = fc.record({
  safe: fc.constantFrom('on' as const, 'off' as const),
  activeLow: fc.boolean(),
  maxOnMs: fc.constantFrom(100, 1000, 2500),
});

test('whatever is asked, it is never away from its safe state longer than its limit, and stop leaves it safe', (t) => {
  fc.assert(
    fc.property(anyConfig, fc.array(anyStep, { maxLength: 40 }), (config, steps) => {
      const { output, timers, wire } = bench(config);
      const safeLevel = (config.safe === 'on') !== config.activeLow;
      let isCut = false;
      let awaySinceMs: number | undefined;
      const look = (): void => {
        // A line that is cut, or not held again yet, can't be driven.
        if (wire.level === safeLevel || isCut || output.adapter === undefined) awaySinceMs = undefined;
        else awaySinceMs ??= timers.nowMs();
        if (awaySinceMs !== undefined && timers.nowMs() - awaySinceMs > config.maxOnMs) {
          throw new Error(`away for ${timers.nowMs() - awaySinceMs} ms`);
        }
      };
      const pass = (ms: number): void => {
        for (let passedMs = 0; passedMs < ms; passedMs += 5) {
          timers.advance(Math.min(5, ms - passedMs));
          look();
        }
      };
      output.start();
      for (const step of steps) {
        if ('action' in step) output.apply(step.action);
        else if ('set' in step) output.set(step.set, 'by hand');
        else if ('safe' in step) output.holdSafe('stopped seeing');
        else if ('advanceMs' in step) pass(step.advanceMs);
        else if (step.line === 'cut') {
          isCut = true;
          wire.cut();
        } else {
          isCut = false;
          wire.join();
        }
        look();
      }
      wire.join();
      isCut = false;
      // Longest back-off: the line is held again.
      pass(30_000);
      output.stop();
      return wire.level === safeLevel && wire.isFree && timers.waiting === 0;
    }),
    { numRuns: 500 },
  );
  t.pass();
});
