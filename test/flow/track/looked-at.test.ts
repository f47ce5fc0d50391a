/** What nobody looked at hasn't been missed. */
import test from 'ava';
import { expectedAt } from '../../../src/flow/track/expected-objects.ts';
import { movesAt, wasLookedAt } from '../../../src/flow/track/looked-at.ts';
import { look, noTracks, type Tracks } from '../../../src/flow/track/tracks.ts';
import type { Box } from '../../../src/geometry/boxes.ts';

const box: Box = [0.2, 0.3, 0.26, 0.5];
const here: Box = [0.1, 0.2, 0.5, 0.6];
const elsewhere: Box = [0.6, 0.2, 1, 0.6];
const settings = { holdMs: 2000, stationaryAfterMs: 10_000, stationaryHoldMs: 60_000, confirmHits: 2 };
const person = { label: 'person', score: 0.7, box };

/** @param regions what was looked at in each frame of 200 ms; `shown`: whether it was seen there */
function after(frames: readonly { regions: readonly Box[] | undefined; shown: boolean; moving?: readonly Box[] }[]) {
  let tracks: Tracks = noTracks;
  let ended = 0;
  frames.forEach(({ regions, shown, moving }, at) => {
    const step = look(
      tracks,
      {
        nowMs: 200 * at,
        detections: shown ? [person] : [],
        weak: [],
        regions: regions?.map((box) => ({ box })),
        ...(moving ? { moving } : {}),
      },
      settings,
    );
    tracks = step.tracks;
    ended += step.ended.length;
  });
  return { tracks: tracks.tracks, ended, all: tracks };
}

const seen = (count: number) => Array.from({ length: count }, () => ({ regions: [here], shown: true }));

test('a look shows an object whose region holds nearly all of it, and in which it is not tiny', (t) => {
  t.true(wasLookedAt(box, undefined), 'the whole frame at once');
  t.true(wasLookedAt(box, [{ box: elsewhere }, { box: here }]));
  t.false(wasLookedAt(box, [{ box: elsewhere }]));
  t.false(wasLookedAt(box, [{ box: [0.23, 0.2, 0.6, 0.6] }]), 'half of it');
  t.false(wasLookedAt([0.2, 0.3, 0.22, 0.36], [{ box: [0, 0, 1, 1] }]), 'too small in the whole frame to be expected');
  t.true(
    wasLookedAt([-0.1, 0.3, 0.1, 0.6], [{ box: [0, 0.2, 0.5, 0.7] }]),
    'what lies outside of the frame nobody can show',
  );
  t.false(wasLookedAt([1.1, 0.3, 1.2, 0.6], [{ box: here }]), 'gone out of the frame: a look elsewhere tells nothing');
  t.true(wasLookedAt([1.1, 0.3, 1.2, 0.6], [{ box: [0.5, 0.2, 1, 0.7] }]), 'a look at where it left does');
  t.true(wasLookedAt([0.97, 0.3, 1.2, 0.6], [{ box: [0.5, 0.2, 1, 0.7] }]), 'nearly gone');
});

test('while others are looked at, an object goes on for as long as it takes', (t) => {
  const { tracks, ended } = after([
    ...seen(5),
    ...Array.from({ length: 100 }, () => ({ regions: [elsewhere], shown: false })),
  ]);
  t.is(ended, 0);
  t.is(tracks[0]!.unseenMs, 0);
  t.is(tracks[0]!.misses, 0);
});

test('looks at its place that do not show it end it after the hold time, however seldom they are', (t) => {
  const seldom = Array.from({ length: 60 }, (_, at) => ({ regions: [at % 6 === 5 ? here : elsewhere], shown: false }));
  const { ended } = after([...seen(5), ...seldom]);
  t.is(ended, 1);
  const often = after([...seen(5), ...Array.from({ length: 5 }, () => ({ regions: [here], shown: false }))]);
  t.is(often.ended, 0, 'a second of looks is less than the hold time');
});

test('a look at its place that shows it again takes back what was missed', (t) => {
  const { tracks } = after([...seen(5), { regions: [here], shown: false }, { regions: [here], shown: true }]);
  t.is(tracks[0]!.unseenMs, 0);
});

test('what a region cuts confirms nothing', (t) => {
  let tracks: Tracks = noTracks;
  for (let at = 0; at < 5; at++) {
    const cut = { ...person, cut: { right: true } as const };
    ({ tracks } = look(tracks, { nowMs: 200 * at, detections: [cut], weak: [], regions: [{ box: here }] }, settings));
  }
  t.false(tracks.tracks[0]!.confirmed);
});

test('what is expected says since when nobody looked, and how looks at it went', (t) => {
  const { all } = after([...seen(3), { regions: [elsewhere], shown: false }, { regions: [elsewhere], shown: false }]);
  const [expected] = expectedAt(all, 1000);
  t.is(expected!.unlookedMs, 600);
  t.is(expected!.unseenMs, 0);
  t.true(expected!.confirmed);
  t.is(expected!.views.length, 2, 'the looks after the first');
  t.true(expected!.spread > 0);
});

test('where nothing moves, what stood still is where it was', (t) => {
  const rest = after([
    ...seen(8),
    ...Array.from({ length: 20 }, () => ({ regions: [elsewhere], shown: false, moving: [] })),
  ]);
  const [expected] = expectedAt(rest.all, 27 * 200);
  t.true(expected!.spread < 0.2, `${expected!.spread}`);
  const unknown = after([...seen(8), ...Array.from({ length: 20 }, () => ({ regions: [elsewhere], shown: false }))]);
  t.true(expectedAt(unknown.all, 27 * 200)[0]!.spread > expected!.spread);
  t.true(movesAt(box, [[0.25, 0.4, 0.4, 0.6]]));
  t.false(movesAt(box, [[0.5, 0.4, 0.6, 0.6]]));
});

test('what looks showed as small as that ends when the same look shows it no more', (t) => {
  const far = { ...person, box: [0.2, 0.3, 0.22, 0.42] as const };
  const whole = [{ box: [0, 0, 1, 1] as const }];
  let tracks: Tracks = noTracks;
  let ended = 0;
  for (let at = 0; at < 40; at++) {
    const detections = at < 5 ? [{ ...far, seenIn: [0] }] : [];
    const step = look(tracks, { nowMs: 200 * at, detections, weak: [], regions: whole }, settings);
    tracks = step.tracks;
    ended += step.ended.length;
  }
  t.is(ended, 1);
});

test('who left the frame has gone, though nobody looks at all of it at once', (t) => {
  let tracks: Tracks = noTracks;
  let ended = 0;
  const squares = [{ box: [0, 0, 0.5625, 1] as const }, { box: [0.4375, 0, 1, 1] as const }];
  for (let at = 0; at < 60; at++) {
    const x = 0.6 + 0.04 * at;
    const detections = x < 0.9 ? [{ ...person, box: [x, 0.3, x + 0.1, 0.7] as const, seenIn: [1] }] : [];
    const step = look(tracks, { nowMs: 200 * at, detections, weak: [], regions: squares }, settings);
    tracks = step.tracks;
    ended += step.ended.length;
  }
  t.is(ended, 1);
});
