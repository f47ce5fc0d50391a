import test from 'ava';
import { chanceIn, shareIn } from '../../../src/flow/regions/chance-in.ts';
import { evenHalves, halvesAround, halvesAsBefore, halvesPerCentre } from '../../../src/flow/regions/half-regions.ts';
import { planBasis, planRegions, type Target } from '../../../src/flow/regions/plan.ts';
import { inferencesOf, type ShownArea } from '../../../src/flow/regions/region.ts';
import { gridLayout } from '../../../src/flow/regions/search-grid.ts';

const frame = { widthPx: 1280, heightPx: 720 };
const half = (area: Omit<ShownArea, 'half'>): ShownArea => ({ ...area, half: 'upper' });

function isWithin({ leftPx, topPx, widthPx, heightPx }: ShownArea): boolean {
  const isWhole = [leftPx, topPx, widthPx, heightPx].every(Number.isInteger);
  const isInside = leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= 1280 && topPx + heightPx <= 720;
  return isWhole && isInside && widthPx === 2 * heightPx;
}

test('halves are twice as wide as high and lie in the frame, evenly and around any object', (t) => {
  const even = evenHalves(frame, 160);
  t.true(even.length > 50 && even.every(isWithin));
  for (const [x, y] of [
    [0, 0],
    [640, 300],
    [1250, 620],
  ] as const) {
    const around = halvesAround({ x1: x, y1: y, x2: x + 30, y2: y + 100 }, frame, 160);
    t.true(around.length > 0 && around.length < halvesPerCentre && around.every(isWithin));
    t.true(around.every(({ leftPx, topPx, heightPx }) => leftPx <= x && topPx <= y && topPx + heightPx >= y + 100));
  }
});

test('what is too tall for half of the frame has no half around it', (t) => {
  t.deepEqual(halvesAround({ x1: 100, y1: 100, x2: 250, y2: 500 }, frame, 160), []);
});

test('in a half a thing is as large as in the square of the same width, and not squeezed', (t) => {
  const square = { leftPx: 0, topPx: 0, widthPx: 300, heightPx: 300 };
  const strip = half({ leftPx: 0, topPx: 0, widthPx: 300, heightPx: 150 });
  t.is(shareIn(strip, 40, 100), shareIn(square, 40, 100));
  const object = { x1: 100, y1: 20, x2: 140, y2: 120 };
  t.is(chanceIn(strip, object, []), chanceIn(square, object, []));
  t.is(chanceIn(strip, { x1: 100, y1: 100, x2: 140, y2: 200 }, []), 0, 'and cut by its edge as anywhere');
});

test('a half as before shows an object where and as large as the half that showed it did', (t) => {
  const object = { x1: 600, y1: 300, x2: 640, y2: 400 };
  const view = { across: 0.3, down: 0.6, logShare: Math.log(0.4), atMs: 1 };
  t.deepEqual(halvesAsBefore(object, [{ ...view, isHalf: true, shown: true }], frame), [
    half({ leftPx: 545, topPx: 275, widthPx: 250, heightPx: 125 }),
  ]);
  t.deepEqual(halvesAsBefore(object, [{ ...view, isHalf: false, shown: true }], frame), [], 'a square showed it');
  t.deepEqual(halvesAsBefore(object, [{ ...view, isHalf: true, shown: false }], frame), [], 'nothing showed it');
});

const layout = gridLayout(frame, 160);
const unseen = new Float64Array(layout.length);
const target = (x: number, y: number, heightPx: number): Target => ({
  box: [x / 1280, y / 720, (x + 0.4 * heightPx) / 1280, (y + heightPx) / 720],
  worth: 1,
  reason: 'track',
  views: [],
});
const planned = (targets: readonly Target[], limit: number) =>
  planRegions({ basis: planBasis(layout, 160), targets, unseen, taken: [], limit });

test('two small persons far from each other share one inference; a tall one has it alone', (t) => {
  const regions = planned([target(100, 300, 90), target(1100, 320, 90)], 1);
  t.deepEqual(
    regions.map((one) => one.half),
    ['upper', 'lower'],
  );
  t.is(inferencesOf(regions).length, 1);
  const tall = planned([target(500, 100, 420)], 1);
  t.deepEqual(
    tall.map((one) => one.half),
    [undefined],
  );
});

test('a row of persons takes half as many inferences as squares around them would', (t) => {
  const row = Array.from({ length: 8 }, (_, at) => target(40 + 150 * at, 300 + 10 * (at % 3), 100));
  const shown = (limit: number): number => {
    const regions = planned(row, limit);
    t.true(inferencesOf(regions).length <= limit);
    return row.filter(({ box: [x1, y1, x2, y2] }) =>
      regions.some((one) => {
        const object = { x1: 1280 * x1, y1: 720 * y1, x2: 1280 * x2, y2: 720 * y2 };
        return chanceIn(one, object, []) > 0.5;
      }),
    ).length;
  };
  t.true(shown(2) >= 7, `${shown(2)} of 8 in two inferences`);
});
