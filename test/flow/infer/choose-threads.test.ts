/** The number of threads is chosen from times, on boards of every kind; times come from the test. */
import test from 'ava';
import { chooseThreads } from '../../../src/flow/infer/worker/choose-threads.ts';

/** @param ms of an inference by number of threads, from 1 */
function board(ms: readonly number[]) {
  const asked: number[] = [];
  let open = 0;
  const measure = (threads: number) => {
    asked.push(threads);
    open += 1;
    const end = (): void => {
      open -= 1;
    };
    return { run: () => ms[threads - 1]!, end };
  };
  return { asked, measure, leaks: () => open };
}

for (const [what, ms, chosen] of [
  ['two threads halve it, four add little', [20, 10.4, 9.9, 9.8], 2],
  ['every core helps', [40, 21, 15, 11], 4],
  ['more threads slow it down', [5, 6, 9, 30], 1],
  ['all alike: the fewest', [7, 7, 7, 7], 1],
  ['the second is 10 % slower than the best', [20, 11, 10, 10.5], 2],
] as const) {
  test(what, (t) => {
    const { asked, measure, leaks } = board(ms);
    t.is(chooseThreads(4, measure), chosen);
    t.deepEqual(asked, [1, 2, 3, 4]);
    t.is(leaks(), 0);
  });
}

test('one core needs no measuring', (t) => {
  const { asked, measure } = board([10]);
  t.is(chooseThreads(1, measure), 1);
  t.deepEqual(asked, []);
});

test('a heavy model is measured with as many as its time allows', (t) => {
  const { asked, measure } = board([1200, 700, 500, 400]);
  t.is(chooseThreads(4, measure), 1);
  t.deepEqual(asked, [1]);
});
