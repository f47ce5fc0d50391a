/** What was seen is found again by how it looked, and what isn't there isn't. */
import test from 'ava';
import { appearanceOf, findAgain } from '../../../src/flow/track/appearance.ts';
import { boxAt, heightPx, picture, thing, widthPx } from './pictures.ts';

const before = appearanceOf(picture({ at: [100, 60] }), boxAt(100, 60))!;
/** Sought at the place where it was. */
const [x, y] = [(100 + thing.widthPx / 2) / widthPx, (60 + thing.heightPx / 2) / heightPx];
const sought = (now: Parameters<typeof picture>[0]) => findAgain(picture(now), before, x, y);

test('what has not moved is where it was, and looks the same', (t) => {
  const found = sought({ at: [100, 60] });
  t.true(Math.abs(found.x - x) * widthPx < 0.5 && Math.abs(found.y - y) * heightPx < 0.5);
  t.true(found.similarity > 0.99, `${found.similarity}`);
});

for (const [across, down] of [
  [7, 0],
  [-9, 4],
  [3, -8],
] as const) {
  test(`what has moved by ${across} and ${down} pixels is found there`, (t) => {
    const found = sought({ at: [100 + across, 60 + down] });
    t.true(Math.abs((found.x - x) * widthPx - across) < 1.5, `${(found.x - x) * widthPx}`);
    t.true(Math.abs((found.y - y) * heightPx - down) < 2, `${(found.y - y) * heightPx}`);
    t.true(found.similarity > 0.75, `${found.similarity}`);
  });
}

test('more light changes nothing', (t) => {
  t.true(sought({ at: [104, 60], light: 50 }).similarity > 0.8);
});

test('where it has gone, and where another stands, nothing looks like it', (t) => {
  t.true(sought({}).similarity < 0.6, `${sought({}).similarity}`);
  const other = sought({ at: [100, 60], isOther: true }).similarity;
  t.true(other < 0.6, `${other}`);
});

test('what is too small or too even is not known again', (t) => {
  t.is(appearanceOf(picture({ at: [100, 60] }), [0.4, 0.4, 0.405, 0.6]), undefined);
  const even = { ...picture({}), bytes: new Uint8Array(widthPx * heightPx).fill(99) };
  t.is(appearanceOf(even, boxAt(100, 60)), undefined);
  t.is(findAgain(even, before, x, y).similarity, 0);
});

test('at the edge of the frame it is sought as anywhere', (t) => {
  const corner = appearanceOf(picture({ at: [0, 0] }), boxAt(0, 0))!;
  const found = findAgain(picture({ at: [5, 3] }), corner, thing.widthPx / 2 / widthPx, thing.heightPx / 2 / heightPx);
  t.true(Math.abs(found.x * widthPx - thing.widthPx / 2 - 5) < 1.5);
});
