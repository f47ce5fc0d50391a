import test from 'ava';
import { toldObjects } from '../../../src/flow/track/told-objects.ts';
import type { BoxedDetection } from '../../../src/flow/track/track.ts';
import { look, noTracks, type Tracks } from '../../../src/flow/track/tracks.ts';

const settings = { holdMs: 2000, stationaryHoldMs: 10_000, stationaryAfterMs: 5000, confirmHits: 1 };
const person: BoxedDetection = { label: 'person', score: 0.9, box: [0.4, 0.4, 0.5, 0.7], seenIn: [0] };
const at = (nowMs: number) => ({ nowMs, minScore: 0.5 });
/** What takes a third of it is likely shown. */
const everywhere = [{ box: [0, 0, 1, 1] }] as const;
const elsewhere = [[0, 0, 0.2, 0.2]] as const;

/** Two looks that show a person, and what one at part of the frame found after them. */
function after(
  found: readonly BoxedDetection[],
  regions?: readonly (readonly [number, number, number, number])[],
): Tracks {
  let tracks = noTracks;
  for (const nowMs of [0, 200])
    ({ tracks } = look(tracks, { nowMs, detections: [person], weak: [], regions: everywhere }, settings));
  const seen = regions?.map((box) => ({ box })) ?? everywhere;
  return look(tracks, { nowMs: 400, detections: found, weak: [], regions: seen }, settings).tracks;
}

test('what was found is told where it was found', (t) => {
  t.deepEqual(toldObjects(after([person]), [person], at(400)), [
    { label: 'person', box: person.box, detection: person },
  ]);
});

test('what nobody looked at is held where it is expected', (t) => {
  const [held, ...rest] = toldObjects(after([], elsewhere), [], at(400));
  t.deepEqual(rest, []);
  t.is(held?.detection, undefined);
  t.true(Math.abs(held!.box[0] - 0.4) < 0.02);
});

test('what looks do not show is told for a moment only', (t) => {
  let tracks = after([]);
  t.is(toldObjects(tracks, [], at(400)).length, 1);
  ({ tracks } = look(tracks, { nowMs: 600, detections: [], weak: [], regions: everywhere }, settings));
  t.is(toldObjects(tracks, [], at(600)).length, 0);
});

test('of what a region cuts the tracker tells the whole', (t) => {
  const cut: BoxedDetection = { ...person, box: [0.4, 0.4, 0.5, 0.66], cut: { bottom: true } };
  const told = toldObjects(after([cut], [[0.3, 0.3, 0.6, 0.66]]), [cut], at(400));
  t.is(told.length, 1);
  t.true(told[0]!.box[3] > 0.66);
});

test('what is not confirmed is told when it is seen, not held', (t) => {
  const slow = { ...settings, confirmHits: 3 };
  const first = look(noTracks, { nowMs: 0, detections: [person], weak: [] }, slow).tracks;
  t.is(toldObjects(first, [person], at(0)).length, 1);
  const next = look(
    first,
    { nowMs: 200, detections: [], weak: [], regions: elsewhere.map((box) => ({ box })) },
    slow,
  ).tracks;
  t.is(toldObjects(next, [], at(200)).length, 0);
});

test('what was sure when it was seen last is told longer than what was not', (t) => {
  const toldAfterLooks = (score: number): number => {
    const unsure = { ...person, score };
    let tracks = noTracks;
    let told = 0;
    for (const nowMs of [0, 100])
      ({ tracks } = look(tracks, { nowMs, detections: [unsure], weak: [], regions: everywhere }, settings));
    for (const nowMs of [200, 300, 400, 500, 600]) {
      ({ tracks } = look(tracks, { nowMs, detections: [], weak: [], regions: everywhere }, settings));
      told += toldObjects(tracks, [], at(nowMs)).length;
    }
    return told;
  };
  t.deepEqual([0.9, 0.7, 0.5].map(toldAfterLooks), [2, 1, 1]);
});

test('a look that seldom shows what is so small proves little: what it missed is told longer', (t) => {
  /** Frames in which it is told though a look at this region missed it. */
  const toldAfter = (region: BoxedDetection['box']): number => {
    let tracks = noTracks;
    let told = 0;
    for (const nowMs of [0, 100])
      ({ tracks } = look(tracks, { nowMs, detections: [person], weak: [], regions: everywhere }, settings));
    for (let nowMs = 200; nowMs < 2000; nowMs += 100) {
      ({ tracks } = look(tracks, { nowMs, detections: [], weak: [], regions: [{ box: region }] }, settings));
      told += toldObjects(tracks, [], at(nowMs)).length;
    }
    return told;
  };
  const [x1, y1, x2, y2] = person.box;
  const around = (share: number): BoxedDetection['box'] => {
    const side = (y2 - y1) / share;
    return [(x1 + x2 - side) / 2, (y1 + y2 - side) / 2, (x1 + x2 + side) / 2, (y1 + y2 + side) / 2];
  };
  const [close, far] = [toldAfter(around(0.6)), toldAfter(around(0.21))];
  t.true(close > 0 && far > close && far < 10, `${close} and ${far} frames`);
});

test('what is held within what was found is the same, unless it is far smaller', (t) => {
  const found = (box: BoxedDetection['box']) => ({ ...person, box });
  const around = found([0.38, 0.3, 0.56, 0.72]);
  t.is(toldObjects(after([], elsewhere), [around], at(400)).length, 1);
  const group = found([0.2, 0.2, 0.8, 0.9]);
  t.is(toldObjects(after([], elsewhere), [group], at(400)).length, 2);
});

test('what rests where nobody looks is told for some seconds, not for ever', (t) => {
  let tracks = after([person]);
  const told: number[] = [];
  for (let nowMs = 600; nowMs <= 9000; nowMs += 200) {
    ({ tracks } = look(
      tracks,
      { nowMs, detections: [], weak: [], regions: elsewhere.map((box) => ({ box })), moving: [] },
      settings,
    ));
    if (toldObjects(tracks, [], at(nowMs)).length > 0) told.push(nowMs);
  }
  t.true(told.length > 10 && told.at(-1)! < 6000, told.join(' '));
});

test('what looks show only faintly is carried on for a while, and soon nothing', (t) => {
  const faint = { ...person, score: 0.4 };
  let tracks = after([person]);
  const told: number[] = [];
  for (let nowMs = 500; nowMs <= 4000; nowMs += 100) {
    ({ tracks } = look(tracks, { nowMs, detections: [], weak: [faint], regions: everywhere }, settings));
    if (toldObjects(tracks, [], at(nowMs)).length > 0) told.push(nowMs);
  }
  t.true(told.length >= 3 && told.at(-1)! <= 1000, told.join(' '));
});

for (const heightShare of [0.08, 0.05]) {
  test(`what takes ${heightShare} of its region is told once a closer look shows it, or when the model is surer`, (t) => {
    const small: BoxedDetection = {
      label: 'person',
      score: 0.55,
      box: [0.4, 0.4, 0.42, 0.4 + heightShare],
      seenIn: [0],
    };
    const closer = [{ box: [0.3, 0.3, 0.6, 0.6] }] as const;
    const slow = { ...settings, confirmHits: undefined };
    const seenAt = (before: Tracks, nowMs: number, regions?: typeof everywhere | typeof closer, found = small) =>
      look(before, { nowMs, detections: [found], weak: [], regions }, slow).tracks;

    let far = noTracks;
    for (const nowMs of [0, 100, 200, 300, 400]) {
      far = seenAt(far, nowMs, everywhere);
      t.deepEqual(toldObjects(far, [small], at(nowMs)), []);
    }
    let near = far;
    for (const nowMs of [500, 600, 700]) {
      near = seenAt(near, nowMs, closer);
      t.is(toldObjects(near, [small], at(nowMs)).length, 1);
    }
    // Now that it is known the same look carries it on.
    t.true(near.tracks[0]!.confirmed);
    t.is(toldObjects(seenAt(near, 800, everywhere), [small], at(800)).length, 1);

    const surer = { ...small, score: 0.65 };
    t.is(toldObjects(seenAt(noTracks, 0, everywhere, surer), [surer], at(0)).length, 1);
    // With regions off there is no closer look to wait for.
    t.is(toldObjects(seenAt(noTracks, 0), [small], at(0)).length, 1);
  });
}
