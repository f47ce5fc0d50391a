/** How long a camera may be silent before it counts as stalled. */
import test from 'ava';
import { SilenceLimit } from '../../../src/flow/capture/silence-limit.ts';

const steady = { periodMs: 100, steady: true };

/** A source that gave a frame each `periodMs` for `streamedMs`. */
function streaming(streamedMs: number, periodMs = 100, stallTimeoutMs = 10_000): SilenceLimit {
  const limit = new SilenceLimit({ stallTimeoutMs, stableMs: 10_000 });
  for (let atMs = 5000; atMs <= 5000 + streamedMs; atMs += periodMs) limit.frame(atMs);
  return limit;
}

test('at the start, and until it has streamed for a while, a camera has its whole stall timeout', (t) => {
  t.is(new SilenceLimit({ stallTimeoutMs: 10_000, stableMs: 10_000 }).limitMs(steady), 10_100);
  t.is(streaming(9900).limitMs(steady), 10_100);
  t.is(streaming(10_000).limitMs(steady), 1500);
});

test('a stream from elsewhere keeps it for ever', (t) => {
  t.is(streaming(60_000).limitMs({ periodMs: 100, steady: false }), 10_100);
});

test('slow rates count in periods, and the stall timeout is the most there is', (t) => {
  t.is(streaming(30_000, 250).limitMs({ periodMs: 250, steady: true }), 3750);
  t.is(streaming(60_000, 2000).limitMs({ periodMs: 2000, steady: true }), 12_000);
  t.is(streaming(30_000, 100, 800).limitMs(steady), 900);
});

test('who sets a longer stall timeout gets more time here too', (t) => {
  t.is(streaming(30_000, 100, 120_000).limitMs(steady), 18_000);
});

test('a camera that gave long gaps of late is given longer ones', (t) => {
  const limit = streaming(10_000);
  limit.frame(15_000 + 800);
  t.is(limit.limitMs(steady), 4000);
  for (let atMs = 15_900; atMs <= 22_000; atMs += 100) limit.frame(atMs);
  t.is(limit.limitMs(steady), 1500);
});
