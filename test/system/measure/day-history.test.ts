/** A day of measurements in little memory. */
import test from 'ava';
import { createDayHistory } from '../../../src/system/measure/day-history.ts';

test('rows that come close together are averaged, and what was not measured is null', (t) => {
  const history = createDayHistory(1000);
  history.add(0, { temperature: 50, rate: undefined });
  history.add(500, { temperature: 52 });
  history.add(1000, { temperature: 60, rate: 9 });
  t.deepEqual(history.snapshot(), { times: [0, 1], series: { temperature: [51, 60], rate: [null, 9] } });
});

test('the oldest rows give way, and a clock that is set back does not stop it', (t) => {
  const history = createDayHistory(1000);
  for (let at = 0; at < 2000; at++) history.add(1000 * at, { a: at });
  const { times, series } = history.snapshot();
  t.is(times.length, 721);
  t.is(series['a']!.at(-1), 1999);
  t.is(series['a']![0], 1279);
  history.add(5000, { a: 7 });
  t.is(history.snapshot().times.at(-1), 5);
});

test('a measure that is there no more is null from then on; too many measures are left out', (t) => {
  const history = createDayHistory(1000);
  history.add(0, { a: 1, b: 2 });
  history.add(1000, { a: 3, b: Number.NaN });
  history.add(2000, { a: 3 });
  t.deepEqual(history.snapshot().series['b'], [2, null, null]);
  history.add(3000, Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`m${at}`, at])));
  history.add(4000, {});
  t.true(Object.keys(history.snapshot().series).length <= 60);
});
