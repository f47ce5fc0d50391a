/** Wilson's interval against figures worked out elsewhere, and what an accuracy of few photos says. */
import test from 'ava';
import { intervalText, wilsonInterval } from '../../../src/workshop/evaluate/interval.ts';
import { judge } from '../../../src/workshop/evaluate/verdict.ts';

test('three of three is no certainty: Wilson gives 43.9 to 100 %', (t) => {
  t.is(intervalText(3, 3), '43.9 to 100.0 %');
  t.is(intervalText(0, 0), '-');
});

test('the interval of 81 of 263 is that of the literature', (t) => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  const { low, high } = wilsonInterval(81, 263)!;
  t.is(low.toFixed(4), '0.2553');
  t.is(high.toFixed(4), '0.3662');
});

test('it holds the share, stays within 0 and 1, and narrows with more photos', (t) => {
  for (const photos of [1, 7, 40, 1000]) {
    for (let right = 0; right <= photos; right += Math.ceil(photos / 7)) {
      const { low, high } = wilsonInterval(right, photos)!;
      t.true(low >= 0 && low <= right / photos + 1e-12 && right / photos <= high + 1e-12 && high <= 1);
    }
  }
  const width = (photos: number): number => {
    const { low, high } = wilsonInterval(photos / 2, photos)!;
    return high - low;
  };
  t.true(width(40) > width(400));
});

test('balanced accuracy counts every class alike', (t) => {
  const said = (truth: number, label: number) => ({ photo: '', truth, probabilities: label === 0 ? [1, 0] : [0, 1] });
  // 9 of 9 of the large class, 0 of 1 of the small one.
  const verdict = judge([...Array.from({ length: 9 }, () => said(0, 0)), said(1, 0)], 2);
  t.is(verdict.accuracy, 0.9);
  t.is(verdict.balancedAccuracy, 0.5);
  t.is(judge([], 2).balancedAccuracy, undefined);
});
