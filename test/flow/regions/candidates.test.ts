import test from 'ava';
import {
  evenRegions,
  regionsAround,
  regionsAsBefore,
  regionsPerCentre,
  wholeLooks,
} from '../../../src/flow/regions/candidates.ts';
import { chanceIn } from '../../../src/flow/regions/chance-in.ts';
import { tilesOf } from '../../../src/flow/regions/tiles.ts';
import { detectability } from '../../../src/geometry/detectability.ts';

const frame = { widthPx: 1280, heightPx: 720 };

test('even regions cover every place of the frame, at every size', (t) => {
  const regions = evenRegions(frame, 160);
  for (const side of new Set(regions.map(({ widthPx }) => widthPx))) {
    const same = regions.filter(({ widthPx }) => widthPx === side);
    for (let x = 0; x < 1280; x += 40) {
      for (let y = 0; y < 720; y += 40) {
        t.true(
          same.some((r) => r.leftPx <= x && r.leftPx + r.widthPx > x && r.topPx <= y && r.topPx + r.heightPx > y),
          `${side}: ${x}, ${y}`,
        );
      }
    }
  }
});

test('regions around an object at the edge stay in the frame and show all of it', (t) => {
  for (const object of [
    { x1: 0, y1: 0, x2: 20, y2: 60 },
    { x1: 1230, y1: 600, x2: 1280, y2: 720 },
  ]) {
    const regions = regionsAround(object, frame, 160);
    t.true(regions.length > 0 && regions.length <= regionsPerCentre);
    for (const { leftPx, topPx, widthPx, heightPx } of regions) {
      t.true(leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= 1280 && topPx + heightPx <= 720);
      t.true(leftPx <= object.x1 && topPx <= object.y1);
      t.true(leftPx + widthPx >= object.x2 && topPx + heightPx >= object.y2);
    }
  }
});

test('an object larger than any region still has a look: that at the whole frame', (t) => {
  const object = { x1: 100, y1: 0, x2: 1200, y2: 720 };
  const best = Math.max(...evenRegions(frame, 160).map((region) => chanceIn(region, object, [])));
  t.true(best > 0.5);
  t.is(wholeLooks(frame).length, 2);
});

test('what is small in its region is seldom found, what is cut by its edge seldom too', (t) => {
  t.is(detectability(0.03), 0);
  t.true(detectability(0.5) > detectability(0.2));
  t.is(detectability(2), 0);
  const region = { leftPx: 0, topPx: 0, widthPx: 200, heightPx: 200 };
  const whole = chanceIn(region, { x1: 50, y1: 50, x2: 90, y2: 150 }, []);
  const cut = chanceIn(region, { x1: 180, y1: 50, x2: 220, y2: 150 }, []);
  t.true(whole > 0.8 && cut < 0.3);
  t.is(chanceIn(region, { x1: 300, y1: 50, x2: 340, y2: 150 }, []), 0);
});

test('a look that missed it is not repeated: another view promises more', (t) => {
  const region = { leftPx: 0, topPx: 0, widthPx: 200, heightPx: 200 };
  const object = { x1: 80, y1: 50, x2: 120, y2: 150 };
  const view = { across: 0.5, down: 0.5, logShare: Math.log(0.5), isHalf: false, atMs: 0 };
  const missed = chanceIn(region, object, [{ ...view, shown: false }]);
  const shown = chanceIn(region, object, [{ ...view, shown: true }]);
  const elsewhere = chanceIn(region, object, [{ ...view, across: 0.1, shown: false }]);
  t.true(missed < elsewhere && elsewhere < shown);
});

test('shifted tiles cover the frame as well, at other places', (t) => {
  const [even, shifted] = [tilesOf(frame, 300), tilesOf(frame, 300, { shift: 0.5 })];
  t.true(Math.max(...shifted.map(({ leftPx }) => leftPx)) === 980);
  t.is(Math.min(...shifted.map(({ leftPx }) => leftPx)), 0);
  const inner = shifted.filter(({ leftPx }) => leftPx > 0 && leftPx < 980).map(({ leftPx }) => leftPx);
  t.false(even.some(({ leftPx }) => inner.includes(leftPx)));
});

test('a wide look squeezes what stands in it, and shows what lies as well as a square does', (t) => {
  const whole = { leftPx: 0, topPx: 0, widthPx: 1280, heightPx: 720 };
  const square = { leftPx: 0, topPx: 0, widthPx: 720, heightPx: 720 };
  const standing = { x1: 200, y1: 200, x2: 250, y2: 390 };
  const lying = { x1: 200, y1: 200, x2: 390, y2: 290 };
  t.true(chanceIn(whole, standing, []) < 0.5 * chanceIn(square, standing, []));
  t.true(chanceIn(whole, lying, []) > 0.3 * chanceIn(square, lying, []));
});

test('what the edge of a region cuts by a little is worth a look there', (t) => {
  const region = { leftPx: 0, topPx: 0, widthPx: 200, heightPx: 200 };
  const object = (x1: number) => ({ x1, y1: 50, x2: x1 + 40, y2: 150 });
  t.is(chanceIn(region, object(161), []), chanceIn(region, object(150), []));
  t.true(chanceIn(region, object(164), []) > 0.6);
  t.is(chanceIn(region, object(177), []), 0);
});

test('a region as before shows an object where and as large as the look that showed it', (t) => {
  const object = { x1: 600, y1: 300, x2: 640, y2: 400 };
  const missed = { across: 0.5, down: 0.5, logShare: Math.log(0.6), isHalf: false, shown: false, atMs: 2 };
  const shown = { across: 0.3, down: 0.6, logShare: Math.log(0.4), isHalf: false, shown: true, atMs: 1 };
  t.deepEqual(regionsAsBefore(object, [missed, shown], frame), [
    { leftPx: 545, topPx: 200, widthPx: 250, heightPx: 250 },
  ]);
  t.deepEqual(regionsAsBefore(object, [missed], frame), []);
});
