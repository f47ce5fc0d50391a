import test from 'ava';
import { toldObjects } from '../../../src/flow/track/told-objects.ts';
import type { BoxedDetection } from '../../../src/flow/track/track.ts';
import { look, noTracks, type Tracks } from '../../../src/flow/track/tracks.ts';

const settings = { holdMs: 2000, stationaryHoldMs: 10_000, stationaryAfterMs: 5000, confirmHits: 1 };
const person: BoxedDetection = { label: 'person', score: 0.9, box: [0.4, 0.4, 0.5, 0.7] };
const elsewhere = [[0, 0, 0.2, 0.2]] as const;

/** Two looks that show a person, and what one at part of the frame found after them. */
function after(
  found: readonly BoxedDetection[],
  regions?: readonly (readonly [number, number, number, number])[],
): Tracks {
  let tracks = noTracks;
  for (const nowMs of [0, 200]) ({ tracks } = look(tracks, { nowMs, detections: [person], weak: [] }, settings));
  return look(tracks, { nowMs: 400, detections: found, weak: [], regions }, settings).tracks;
}

test('what was found is told where it was found', (t) => {
  t.deepEqual(toldObjects(after([person]), [person], { nowMs: 400, minScore: 0.5 }), [{ label: 'person', box: person.box, detection: person }]);
});

test('what nobody looked at is held where it is expected', (t) => {
  const [held, ...rest] = toldObjects(after([], elsewhere), [], 400);
  t.deepEqual(rest, []);
  t.is(held?.detection, undefined);
  t.true(Math.abs(held!.box[0] - 0.4) < 0.02);
});

test('what looks do not show is told for a moment only', (t) => {
  let tracks = after([]);
  t.is(toldObjects(tracks, [], { nowMs: 400, minScore: 0.5 }).length, 1);
  ({ tracks } = look(tracks, { nowMs: 600, detections: [], weak: [] }, settings));
  t.is(toldObjects(tracks, [], { nowMs: 600, minScore: 0.5 }).length, 0);
});

test('of what a region cuts the tracker tells the whole', (t) => {
  const cut: BoxedDetection = { ...person, box: [0.4, 0.4, 0.5, 0.66], cut: { bottom: true } };
  const told = toldObjects(after([cut], [[0.3, 0.3, 0.6, 0.66]]), [cut], 400);
  t.is(told.length, 1);
  t.true(told[0]!.box[3] > 0.66);
});

test('what is not confirmed is told when it is seen, not held', (t) => {
  const slow = { ...settings, confirmHits: 3 };
  const first = look(noTracks, { nowMs: 0, detections: [person], weak: [] }, slow).tracks;
  t.is(toldObjects(first, [person], { nowMs: 0, minScore: 0.5 }).length, 1);
  const next = look(first, { nowMs: 200, detections: [], weak: [], regions: elsewhere }, slow).tracks;
  t.is(toldObjects(next, [], { nowMs: 200, minScore: 0.5 }).length, 0);
});
