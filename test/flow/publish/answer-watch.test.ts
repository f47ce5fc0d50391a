/** How long a broker may take to answer, by what it usually takes. The clock is a number. */
import test from 'ava';
import { AnswerWatch } from '../../../src/flow/publish/answer-watch.ts';

function setUp() {
  let nowMs = 0;
  const watch = new AnswerWatch(() => nowMs);
  return {
    watch,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** So many messages that are answered after so long. */
    answered: (tookMs: number, count = 50) => {
      for (let index = 0; index < count; index++) {
        const settle = watch.sent();
        nowMs += tookMs;
        settle(true);
      }
    },
  };
}

for (const [usualMs, patienceMs] of [
  [undefined, 10_000],
  [2, 2000],
  [1000, 8000],
  [20_000, 30_000],
] as const) {
  test(`where ${usualMs ?? 'no'} ms are usual, ${patienceMs} ms are too long`, (t) => {
    const { watch, pass, answered } = setUp();
    if (usualMs !== undefined) answered(usualMs, 200);
    watch.sent();
    pass(patienceMs - 1);
    t.false(watch.isOverdue());
    pass(1);
    t.true(watch.isOverdue());
    t.false(watch.isOverdue(), 'told once');
  });
}

test('patience doubles while nothing is answered, up to a bound, and is as before after an answer', (t) => {
  const { watch, pass, answered } = setUp();
  answered(2);
  for (const patienceMs of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    watch.sent();
    pass(patienceMs - 1);
    t.false(watch.isOverdue(), `${patienceMs}`);
    pass(1);
    t.true(watch.isOverdue(), `${patienceMs}`);
  }
  answered(2);
  watch.sent();
  pass(2000);
  t.true(watch.isOverdue());
});

test('what nobody awaits any more is not overdue', (t) => {
  const { watch, pass } = setUp();
  watch.sent()(false);
  pass(60_000);
  t.false(watch.isOverdue());
});
