import test from 'ava';
import { backoffMs } from '../../../src/system/service/retry.ts';

test('delays grow by the factor up to the maximum, and never fall below the first', (t) => {
  const options = { firstMs: 500, factor: 2, maxMs: 3000 };
  t.deepEqual(
    [-1, 0, 1, 2, 3, 50].map((attempt) => backoffMs(attempt, options)),
    [500, 500, 1000, 2000, 3000, 3000],
  );
  t.is(backoffMs(5000, options), 3000);
});
