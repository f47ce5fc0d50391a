/** How long to wait before the next attempt, with a random source that is a number. */
import test from 'ava';
import { backoffMs, spreadMs } from '../../../src/system/service/retry.ts';

const options = { firstMs: 500, factor: 2, maxMs: 3000 };

test('the span grows by the factor up to the maximum, and never falls below the first', (t) => {
  t.deepEqual(
    [-1, 0, 1, 2, 3, 50, 5000].map((attempt) => backoffMs(attempt, options, () => 1)),
    [500, 500, 1000, 2000, 3000, 3000, 3000],
  );
});

test('a delay lies anywhere in its span: devices that fail together come back apart', (t) => {
  t.deepEqual(
    [0, 0.25, 0.999].map((number) => backoffMs(2, options, () => number)),
    [0, 500, 1998],
  );
  const delays = Array.from({ length: 10_000 }, () => backoffMs(3, options));
  const inTenths = Array.from(
    { length: 10 },
    (_, tenth) => delays.filter((ms) => Math.floor(ms / 300) === tenth).length,
  );
  // Each tenth of the span gets its tenth of 10,000 devices: 1000, with a standard deviation of 30.
  t.true(
    inTenths.every((count) => count > 800 && count < 1200),
    inTenths.join(' '),
  );
});

test('a pause that is not to get shorter is spread around its length', (t) => {
  t.deepEqual(
    [0, 0.5, 0.999].map((number) => spreadMs(1000, () => number)),
    [500, 1000, 1499],
  );
});
