import test from 'ava';
import { inferencesOf, type Region } from '../../../src/flow/regions/region.ts';
import { type Moment, RegionPlanner } from '../../../src/flow/regions/region-planner.ts';
import type { Expected } from '../../../src/flow/regions/targets.ts';
import type { Box } from '../../../src/geometry/boxes.ts';

const frame = { widthPx: 1280, heightPx: 720 };
const settings = { minSidePx: 160, wholeFrameMs: 3000 };
const quiet: Moment = { frame, nowMs: 0, expected: [], limit: 4 };
const known = (box: Box, more: Partial<Expected> = {}): Expected => ({
  label: 'person',
  box,
  spread: 0.3,
  confirmed: true,
  stationary: false,
  unlookedMs: 500,
  unseenMs: 0,
  views: [],
  ...more,
});
/** 40 pixels tall, as the gate tells it in blocks. */
const far: Box = [0.7, 0.4, 0.74, 0.48];

function covers(region: Region, [x1, y1, x2, y2]: Box): boolean {
  const { leftPx, topPx, widthPx, heightPx } = region;
  const across = leftPx <= x1 * 1280 && leftPx + widthPx >= x2 * 1280;
  return across && topPx <= y1 * 720 && topPx + heightPx >= y2 * 720;
}

/** Frames five times a second. @returns the regions of each, and whether one of them shows the place closely */
function watch(planner: RegionPlanner, frames: number, moment: Partial<Moment>, fromMs = 0) {
  return Array.from({ length: frames }, (_, at) => planner.plan({ ...quiet, ...moment, nowMs: fromMs + at * 200 }));
}

const isClose = (regions: readonly Region[], box: Box) =>
  regions.some((region) => region.widthPx <= 250 && covers(region, box));

test('the first look is at the whole frame, in as few looks as keep its ratio', (t) => {
  const regions = new RegionPlanner(settings).plan(quiet);
  t.deepEqual(
    regions.filter(({ reason }) => reason === 'whole').map(({ leftPx, widthPx }) => [leftPx, widthPx]),
    [
      [0, 720],
      [560, 720],
    ],
  );
  const squarer = new RegionPlanner(settings).plan({ ...quiet, frame: { widthPx: 640, heightPx: 480 } });
  t.like(squarer[0], { leftPx: 0, topPx: 0, widthPx: 640, heightPx: 480, reason: 'whole' });
});

test('the whole frame is looked at every so often, and after a change of light', (t) => {
  const planner = new RegionPlanner(settings);
  const wholes = (frames: Region[][]) => frames.map((one) => one.some(({ reason }) => reason === 'whole'));
  const [first, ...others] = wholes(watch(planner, 15, {}));
  t.true(first);
  t.false(others.includes(true));
  t.deepEqual(wholes(watch(planner, 1, {}, 3000)), [true]);
  const light = { boxes: [[0, 0, 1, 1] as const], all: true };
  t.deepEqual(wholes(watch(planner, 1, { motion: light }, 4200)), [true]);
});

test('never more regions than the limit, each within the frame, whatever there is', (t) => {
  const planner = new RegionPlanner(settings);
  const expected = Array.from({ length: 30 }, (_, at) => known([at / 40, 0.9, at / 40 + 0.1, 1.2]));
  const motion = { boxes: Array.from({ length: 32 }, (_, at): Box => [at / 40, 0, at / 40 + 0.02, 0.04]), all: false };
  for (const limit of [1, 2, 4, 8]) {
    for (const regions of watch(planner, 5, { expected, motion, limit }, limit * 10_000)) {
      const inferences = inferencesOf(regions);
      t.true(inferences.length >= 1 && inferences.length <= limit);
      t.true(
        inferences.every((shown) => shown.length === 1 || (shown[0]!.half === 'upper' && shown[1]!.half === 'lower')),
      );
      for (const { leftPx, topPx, widthPx, heightPx, half } of regions) {
        t.true([leftPx, topPx, widthPx, heightPx].every(Number.isInteger));
        t.true(leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= 1280 && topPx + heightPx <= 720);
        t.true(half === undefined ? Math.min(widthPx, heightPx) >= 160 : widthPx >= 160 && widthPx === 2 * heightPx);
      }
    }
  }
});

test('a frame smaller than the smallest region is looked at as a whole', (t) => {
  const [region] = new RegionPlanner(settings).plan({ ...quiet, frame: { widthPx: 120, heightPx: 90 } });
  t.like(region, { leftPx: 0, topPx: 0, widthPx: 120, heightPx: 90 });
});

test('what moves far away in a still scene is looked at closely at once', (t) => {
  const planner = new RegionPlanner(settings);
  watch(planner, 20, {});
  const [regions] = watch(planner, 1, { motion: { boxes: [far], all: false } }, 4000);
  t.true(isClose(regions!, far));
  t.is(regions!.find((region) => covers(region, far) && region.widthPx <= 250)?.reason, 'motion');
});

test('a tree that never rests makes its place dull, until something is found there', (t) => {
  const planner = new RegionPlanner(settings);
  const motion = { boxes: [far], all: false };
  const looks = (frames: number, fromMs: number, found: readonly Box[]) =>
    Array.from({ length: frames }, (_, at) => {
      const regions = planner.plan({ ...quiet, limit: 2, motion, nowMs: fromMs + at * 200 });
      planner.learn(found);
      return regions.filter((region) => region.widthPx <= 250 && covers(region, far)).length;
    }).reduce((sum, one) => sum + one, 0);
  watch(planner, 30, {});
  const first = looks(10, 6000, []);
  looks(60, 8000, []);
  const later = looks(10, 20_000, []);
  looks(2, 22_000, [far]);
  const again = looks(10, 22_400, []);
  t.true(first >= 6 && later <= first / 2, `${first} looks at first, ${later} later`);
  t.true(again > later, `${later} looks when dull, ${again} after something was found`);
});

test('motion of what is known asks for no look of its own', (t) => {
  const planner = new RegionPlanner(settings);
  watch(planner, 20, {});
  const expected = [known(far, { spread: 0.02, unlookedMs: 0 })];
  const motion = { boxes: [far], all: false };
  const regions = watch(planner, 3, { expected, motion }, 4000).flat();
  t.false(regions.some(({ reason }) => reason === 'motion'));
});

test('a track that is lost sight of is looked at before one that was just seen', (t) => {
  const planner = new RegionPlanner(settings);
  watch(planner, 20, {});
  const [seen, lost]: Box[] = [
    [0.1, 0.4, 0.15, 0.6],
    [0.8, 0.4, 0.85, 0.6],
  ];
  const expected = [known(seen!, { spread: 0.02, unlookedMs: 0 }), known(lost!, { spread: 0.4, unlookedMs: 800 })];
  const [[region]] = watch(planner, 1, { expected, limit: 1 }, 4100) as [[Region]];
  t.true(covers(region, lost!));
  t.is(region.reason, 'track');
});

test('near things share a region, far ones do not', (t) => {
  const planner = new RegionPlanner(settings);
  watch(planner, 20, {});
  const expected = [0.4, 0.45, 0.5].map((x) => known([x, 0.4, x + 0.04, 0.6]));
  const [[region]] = watch(planner, 1, { expected, limit: 1 }, 4100) as [[Region]];
  t.true(expected.every(({ box }) => covers(region, box)));
});

test('with nothing to see the search reaches every part of the frame', (t) => {
  const planner = new RegionPlanner(settings);
  const regions = watch(planner, 600, {}).flat();
  for (let x = 0.05; x < 1; x += 0.1) {
    for (let y = 0.1; y < 1; y += 0.2) {
      t.true(
        regions.some((region) => region.widthPx <= 250 && covers(region, [x, y, x + 0.01, y + 0.03])),
        `nobody looked closely at ${x.toFixed(2)}, ${y.toFixed(2)}`,
      );
    }
  }
});
