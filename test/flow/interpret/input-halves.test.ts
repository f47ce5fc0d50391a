import test from 'ava';
import type { Detection } from '../../../src/flow/interpret/detection.ts';
import { detectionsOfHalves } from '../../../src/flow/interpret/input-halves.ts';
import type { Box } from '../../../src/geometry/boxes.ts';

const person = (...box: Box): Detection => ({ label: 'person', score: 0.8, box });
/** The upper half shows the left quarter of the frame's upper half, the lower one all of it. */
const placements = [
  { x0: 0, y0: 0, x1: 4, y1: 1 },
  { x0: 0, y0: 0.5, x1: 1, y1: 1 },
] as const;
const near = (box: Box | undefined): number[] => (box ?? []).map((value) => Math.round(1000 * value) / 1000);

test('what lies in a half is told where the region of that half is in the frame', (t) => {
  const found = [person(0.2, 0.1, 0.4, 0.4), person(0.2, 0.6, 0.4, 0.9)];
  const [upper, lower] = detectionsOfHalves(found, placements, 0.5);
  t.deepEqual([upper.length, lower.length], [1, 1]);
  t.deepEqual(near(upper[0]!.box), [0.05, 0.1, 0.1, 0.4]);
  t.deepEqual(near(lower[0]!.box), [0.2, 0.2, 0.4, 0.8]);
});

test('what reaches a little over the seam ends there', (t) => {
  const [upper, lower] = detectionsOfHalves([person(0.2, 0.2, 0.4, 0.55)], placements, 0.5);
  t.deepEqual(near(upper[0]!.box), [0.05, 0.2, 0.1, 0.5]);
  t.is(lower.length, 0);
});

test('a box over the seam, put together of what both regions show, is none', (t) => {
  t.deepEqual(detectionsOfHalves([person(0.2, 0.3, 0.4, 0.7)], placements, 0.5), [[], []]);
});
