/** Scenes that make work of looking: planner, merge and tracker together, at a budget. */
import test from 'ava';
import { fractionsOf, inferencesOf } from '../../../src/flow/regions/region.ts';
import { type Box, intersection, intersectionOverUnion } from '../../../src/geometry/boxes.ts';
import { extras, type Scene, type Thing, toldShare, type WatchedFrame, watchScene } from './watched-scene.ts';

const hd = { widthPx: 1280, heightPx: 720 };

/** A person so many pixels high, whose feet are at this place. */
function person(x: number, y: number, heightPx: number, frame = hd): Thing {
  const [width, height] = [(0.4 * heightPx) / frame.widthPx, heightPx / frame.heightPx];
  return { box: [x - width / 2, y - height, x + width / 2, y] };
}

/** The same numbers in every run, 0..1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const base = { frame: hd, limit: 4, seconds: 10 } satisfies Partial<Scene>;
const walker = (seconds: number): Thing => person(0.1 + 0.06 * seconds, 0.6, 70);
const around = ({ box: [x1, y1, x2, y2] }: Thing): Box => [x1 - 0.01, y1 - 0.01, x2 + 0.01, y2 + 0.01];

function checkRegions(
  t: { true(value: boolean, message?: string): void },
  frames: readonly WatchedFrame[],
  scene: Scene,
) {
  for (const { regions } of frames) {
    t.true(inferencesOf(regions).length <= scene.limit, 'within the budget');
    for (const { leftPx, topPx, widthPx, heightPx } of regions) {
      t.true([leftPx, topPx, widthPx, heightPx].every(Number.isInteger));
      t.true(leftPx >= 0 && topPx >= 0 && widthPx > 0 && heightPx > 0);
      t.true(leftPx + widthPx <= scene.frame.widthPx && topPx + heightPx <= scene.frame.heightPx, 'in the frame');
    }
  }
}

test('one who walks far away is seen, and told in nearly every frame', (t) => {
  const scene: Scene = {
    ...base,
    things: (seconds) => [walker(seconds)],
    motion: (seconds) => ({ all: false, boxes: [around(walker(seconds))] }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 2) > 0.9);
  t.is(extras(frames, 0), 0);
});

test('a camera that shakes: everything moves, and it is neither blind nor all about the whole frame', (t) => {
  const random = randomFrom(1);
  const jitter = Array.from({ length: 200 }, () => [0.006 * (random() - 0.5), 0.01 * (random() - 0.5)] as const);
  const shaken = (seconds: number): Thing => {
    const [dx, dy] = jitter[Math.round(5 * seconds)]!;
    const [x1, y1, x2, y2] = person(0.7, 0.6, 80).box;
    return { box: [x1 + dx, y1 + dy, x2 + dx, y2 + dy] };
  };
  const scene: Scene = {
    ...base,
    things: (seconds) => [shaken(seconds)],
    motion: () => ({ all: true, boxes: [[0, 0, 1, 1]] }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 2) > 0.9);
  const all = frames.flatMap(({ regions }) => regions);
  const whole = all.filter(({ reason }) => reason === 'whole');
  t.true(whole.length < all.length / 2, `${whole.length} of ${all.length}`);
});

test('a sudden light: the whole frame is looked at in the next frames, long before it is due', (t) => {
  const scene: Scene = {
    ...base,
    wholeFrameMs: 600_000,
    things: () => [],
    motion: (seconds) => ({ all: seconds === 5, boxes: seconds === 5 ? [[0, 0, 1, 1]] : [] }),
  };
  const frames = watchScene(scene);
  const wholeAt = frames
    .filter(({ regions }) => regions.some(({ reason }) => reason === 'whole'))
    .map(({ seconds }) => seconds);
  t.true(
    wholeAt.some((seconds) => seconds >= 5 && seconds <= 5.6),
    `${wholeAt}`,
  );
  t.deepEqual(
    wholeAt.filter((seconds) => seconds > 1 && seconds < 5),
    [],
  );
});

test('snow: thirty-two specks that move in every frame take the person nothing away', (t) => {
  const random = randomFrom(2);
  const scene: Scene = {
    ...base,
    things: (seconds) => [walker(seconds)],
    motion: (seconds) => ({
      all: false,
      boxes: [
        around(walker(seconds)),
        ...Array.from({ length: 31 }, (): Box => {
          const [x, y] = [0.98 * random(), 0.98 * random()];
          return [x, y, x + 0.012, y + 0.02];
        }),
      ],
    }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 3) > 0.8, `${toldShare(frames, 3)}`);
  t.is(extras(frames, 0), 0);
});

test('a tree that never rests takes no looks away from those who walk elsewhere', (t) => {
  const tree: Box = [0.75, 0.1, 0.95, 0.5];
  const people = (seconds: number): Thing[] =>
    [0, 1, 2, 3].map((at) =>
      person(0.1 + 0.15 * at + 0.05 * Math.sin(seconds / 3 + at), 0.6 + 0.08 * at, 70 + 10 * at),
    );
  const scene: Scene = {
    ...base,
    limit: 2,
    seconds: 60,
    things: people,
    motion: (seconds) => ({ all: false, boxes: [tree, ...people(seconds).map(around)] }),
  };
  const frames = watchScene(scene);
  const all = frames.flatMap(({ regions }) => regions);
  const atTree = all.filter((one) => one.reason === 'motion' && intersection(fractionsOf(one, hd), tree) > 0);
  t.true(atTree.length < all.length / 10, `${atTree.length} of ${all.length} looks`);
  const without = watchScene({ ...scene, motion: (seconds) => ({ all: false, boxes: people(seconds).map(around) }) });
  t.true(toldShare(frames, 10) > toldShare(without, 10) - 0.05, `${toldShare(frames, 10)}, ${toldShare(without, 10)}`);
});

test('a place where nobody was ever seen is looked at closely now and then: nothing starves', (t) => {
  const usual: Thing[] = [person(0.2, 0.7, 150), person(0.5, 0.75, 160), person(0.8, 0.7, 150)];
  const late = person(0.9, 0.12, 45);
  const scene: Scene = { ...base, seconds: 90, things: (seconds) => (seconds < 30 ? usual : [...usual, late]) };
  const frames = watchScene(scene);
  const seen = frames.find(({ told }) => told.some((box) => intersectionOverUnion(box, late.box) >= 0.5));
  t.true(seen !== undefined && seen.seconds < 80, `${seen?.seconds}`);
});

test('an object larger than any region is one object', (t) => {
  const bus: Thing = { box: [0.08, 0.15, 0.93, 0.95] };
  const scene: Scene = { ...base, things: () => [bus], motion: () => ({ all: false, boxes: [bus.box] }) };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 2) > 0.7, `${toldShare(frames, 2)}`);
  t.deepEqual([...new Set(frames.flatMap(({ events }) => events.map(({ id }) => id)))].length, 1);
});

test('objects at the edges of the frame are told once each, as far as the frame shows them', (t) => {
  const things: Thing[] = [
    { box: [-0.03, 0.4, 0.03, 0.6] },
    { box: [0.97, 0.5, 1.03, 0.7] },
    { box: [0.5, -0.08, 0.54, 0.1] },
    { box: [0.3, 0.88, 0.35, 1.1] },
  ];
  const scene: Scene = { ...base, things: () => things };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 6) > 0.9, `${toldShare(frames, 6)}`);
  t.is(extras(frames, 3), 0);
  t.true(frames.filter(({ seconds }) => seconds > 3).every(({ told }) => told.length <= 4));
});

test('twenty people at once, at four looks a frame', (t) => {
  const things = Array.from({ length: 20 }, (_, at) => ({
    start: 0.05 + 0.9 * ((at * 7) % 20) * 0.05,
    y: 0.45 + 0.025 * at,
    heightPx: 60 + 6 * at,
    speed: 0.012 * (at % 2 === 0 ? 1 : -1),
  }));
  const scene: Scene = {
    ...base,
    seconds: 12,
    things: (seconds) =>
      things.map(({ start, y, heightPx, speed }) =>
        person(0.03 + 0.94 * Math.abs(((start + speed * seconds) % 1) + 0) * 1, y, heightPx),
      ),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 4) > 0.75, `${toldShare(frames, 4)}`);
});

test('a budget of one: a small person is seen, and the whole frame is still looked at', (t) => {
  const scene: Scene = {
    ...base,
    limit: 1,
    seconds: 15,
    things: (seconds) => [person(0.2 + 0.02 * seconds, 0.6, 70)],
    motion: (seconds) => ({ all: false, boxes: [around(person(0.2 + 0.02 * seconds, 0.6, 70))] }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 3) > 0.8, `${toldShare(frames, 3)}`);
  const whole = frames.flatMap(({ regions }) => regions).filter(({ reason }) => reason === 'whole');
  t.true(whole.length >= 5 && whole.length <= 15, `${whole.length}`);
});

for (const [widthPx, heightPx] of [
  [64, 48],
  [160, 120],
  [299, 300],
  [320, 180],
  [120, 640],
] as const) {
  test(`a camera of ${widthPx}x${heightPx} pixels, smaller than what the model takes`, (t) => {
    const frame = { widthPx, heightPx };
    const scene: Scene = { ...base, frame, things: () => [{ box: [0.3, 0.3, 0.6, 0.8] }] };
    const frames = watchScene(scene);
    checkRegions(t, frames, scene);
    t.true(frames[0]!.regions.length > 0);
    t.true(toldShare(frames, 2) > 0.9, `${toldShare(frames, 2)}`);
  });
}

test('an upright picture of a camera that is turned by a quarter', (t) => {
  const frame = { widthPx: 720, heightPx: 1280 };
  const far = (seconds: number): Thing => person(0.3 + 0.03 * seconds, 0.5, 70, frame);
  const scene: Scene = {
    ...base,
    frame,
    things: (seconds) => [far(seconds)],
    motion: (seconds) => ({ all: false, boxes: [around(far(seconds))] }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  t.true(toldShare(frames, 2) > 0.85, `${toldShare(frames, 2)}`);
});

test('zones are entered wherever a region showed it; what stands in a mask is no event, and takes no looks', (t) => {
  const masked = person(0.15, 0.2, 80);
  const scene: Scene = {
    ...base,
    camera: {
      zones: {
        drive: {
          points: [
            [0.5, 0.4],
            [1, 0.4],
            [1, 1],
            [0.5, 1],
          ],
        },
      },
      masks: [
        [
          [0, 0],
          [0.3, 0],
          [0.3, 0.3],
          [0, 0.3],
        ],
      ],
    },
    things: (seconds) => [masked, person(0.3 + 0.05 * seconds, 0.7, 80)],
  };
  const frames = watchScene(scene);
  const events = frames.flatMap((one) => one.events);
  t.deepEqual([...new Set(events.map(({ id }) => id))], ['e0']);
  t.deepEqual(events.at(-1)!.zones, ['drive']);
  const { region, box } = events.at(-1)!;
  t.true(intersection(region!.box, box!) > 0);
  const onMask = frames
    .flatMap(({ regions }) => regions)
    .filter((one) => one.reason === 'track' && intersection(fractionsOf(one, hd), masked.box) > 0);
  t.true(onMask.length < frames.length / 4, `${onMask.length}`);
});

test('a camera as small as a region: each look is at the whole frame, and what it shows is told once', (t) => {
  const frame = { widthPx: 150, heightPx: 150 };
  const near = (seconds: number): Thing => person(0.2 + 0.05 * seconds, 0.8, 60, frame);
  const scene: Scene = {
    ...base,
    frame,
    things: (seconds) => [near(seconds)],
    motion: (seconds) => ({ all: false, boxes: [around(near(seconds))] }),
  };
  const frames = watchScene(scene);
  checkRegions(t, frames, scene);
  for (const { regions } of frames) {
    for (const { widthPx, heightPx } of regions) t.deepEqual({ widthPx, heightPx }, frame);
  }
  t.true(toldShare(frames, 2) > 0.9, `${toldShare(frames, 2)}`);
  t.is(extras(frames, 2), 0);
});
