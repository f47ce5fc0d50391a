/** What no look showed is told by how likely it is there. */
import test from 'ava';
import { toldObjects } from '../../../src/flow/track/told-objects.ts';
import type { BoxedDetection } from '../../../src/flow/track/track.ts';
import { look, noTracks, type Tracks } from '../../../src/flow/track/tracks.ts';
import type { Box } from '../../../src/geometry/boxes.ts';
import type { Brightness } from '../../../src/geometry/brightness.ts';
import { boxAt, heightPx, picture, thing, widthPx } from './pictures.ts';

const settings = { holdMs: 2000, stationaryHoldMs: 10_000, stationaryAfterMs: 5000 };
const all: Box = [0, 0, 1, 1];
const regions = [{ box: all }];
const frameRatio = widthPx / heightPx;
const person = (x: number, score = 0.7): BoxedDetection => ({
  ...{ label: 'person', score, box: boxAt(x, 60) },
  seenIn: [0],
});

/** Someone who walks, seen at these places, 100 ms apart. */
function walked(...places: readonly number[]): Tracks {
  return places.reduce(
    (tracks, x, at) =>
      look(
        tracks,
        {
          ...{ nowMs: 100 * at, detections: [person(x)], weak: [], regions, frameRatio },
          brightness: picture({ at: [x, 60] }),
        },
        settings,
      ).tracks,
    noTracks,
  );
}

/** Frames without a detection after that: boxes told. */
function toldAfter(before: Tracks, frames: readonly Parameters<typeof picture>[0][], fromMs: number): Box[] {
  let tracks = before;
  return frames.flatMap((painted, at) => {
    const nowMs = fromMs + 100 * at;
    ({ tracks } = look(
      tracks,
      { nowMs, detections: [], weak: [], regions, frameRatio, brightness: picture(painted) },
      settings,
    ));
    return toldObjects(tracks, [], { nowMs, minScore: 0.5 }).map(({ box }) => box);
  });
}

const walking = walked(100, 104, 108, 112, 116);

test('who turns round while no look shows him is told where he is, not where he was going', (t) => {
  const besidePx = (brightness?: Brightness): number => {
    const now = { nowMs: 500, detections: [], weak: [], regions, frameRatio, brightness };
    const [told] = toldObjects(look(walking, now, settings).tracks, [], { nowMs: 500, minScore: 0.5 });
    return told!.box[0] * widthPx - 113;
  };
  const [found, expected] = [besidePx(picture({ at: [113, 60] })), besidePx()];
  t.true(Math.abs(found) < 4 && expected > 5, `${found} and ${expected} pixels beside him`);
});

test('who is to be seen there is told longer than who has gone', (t) => {
  const stays = Array.from({ length: 8 }, (_, at) => ({ at: [120 + 4 * at, 60] as const }));
  const gone = stays.map(() => ({}));
  const [seen, unseen] = [toldAfter(walking, stays, 500).length, toldAfter(walking, gone, 500).length];
  t.true(seen > unseen && seen < stays.length, `${seen} and ${unseen} frames`);
});

test('whom looks showed but now and then is told less long than whom every look showed', (t) => {
  let flickers = noTracks;
  for (let at = 0; at < 9; at++)
    ({ tracks: flickers } = look(
      flickers,
      {
        ...{ nowMs: 100 * at, detections: at % 3 === 0 ? [person(100)] : [], weak: [], regions, frameRatio },
        brightness: picture({ at: [100, 60] }),
      },
      settings,
    ));
  const there = Array.from({ length: 8 }, () => ({ at: [100, 60] as const }));
  const steady = toldAfter(walked(...Array.from({ length: 9 }, () => 100)), there, 900).length;
  t.true(toldAfter(flickers, there, 900).length < steady);
});

test('a neighbour that was taken for the double of another carries a track on', (t) => {
  const beside = person(110);
  const next = (doubles: readonly BoxedDetection[]) =>
    look(walked(100, 100, 100), { nowMs: 300, detections: [], weak: [], doubles, regions, frameRatio }, settings).tracks
      .tracks[0]!;
  t.is(next([]).missingMs > 0, true);
  t.is(next([beside]).missingMs, 0);
  t.is(next([person(118)]).missingMs > 0, true, 'not one that lies elsewhere');
});

test('at the edge of the frame, where it is cut, it is found again as well', (t) => {
  const cut = (x: number): BoxedDetection => {
    const [, y1, x2, y2] = boxAt(x, 60);
    return { label: 'person', score: 0.8, box: [0, y1, x2, y2], seenIn: [0] };
  };
  let tracks = noTracks;
  for (const [at, x] of [-12, -12, -12, -12].entries())
    ({ tracks } = look(
      tracks,
      {
        ...{ nowMs: 100 * at, detections: [cut(x)], weak: [], regions, frameRatio },
        brightness: picture({ at: [x, 60] }),
      },
      settings,
    ));
  const [told] = toldAfter(tracks, [{ at: [-12, 60] }], 400);
  t.true(Math.abs(told![2] * widthPx - (thing.widthPx - 12)) < 3, `${told![2] * widthPx}`);
});
