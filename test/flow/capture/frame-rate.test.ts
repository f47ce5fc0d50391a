import test from 'ava';
import { FrameRate } from '../../../src/flow/capture/frame-rate.ts';

/** How many frames of a camera pass in so many seconds. @param jitterMs of each frame's time, to and fro */
function passed({
  camera,
  wanted,
  seconds,
  jitterMs = 0,
}: {
  camera: number;
  wanted: number;
  seconds: number;
  jitterMs?: number;
}): number {
  const rate = new FrameRate(wanted);
  let count = 0;
  for (let index = 0; index < camera * seconds; index++) {
    const ms = 12_345 + (index * 1000) / camera + (index % 2 === 0 ? jitterMs : -jitterMs);
    if (rate.isDue(ms)) count += 1;
  }
  return count;
}

for (const [camera, wanted, expected] of [
  [0.2, 10, 12],
  [1, 10, 60],
  [5, 2, 120],
  [5, 5, 300],
  [15, 10, 600],
  [25, 10, 600],
  [30, 30, 1800],
  [30, 0.5, 30],
] as const) {
  test(`of ${camera} frames a second, ${wanted} are wanted`, (t) => {
    const count = passed({ camera, wanted, seconds: 60 });
    t.true(Math.abs(count - expected) <= 1, `${count} instead of ${expected}`);
  });
}

test('a camera of just the wanted rate keeps its frames though their times jitter', (t) => {
  t.is(passed({ camera: 10, wanted: 10, seconds: 60, jitterMs: 2 }), 600);
});
