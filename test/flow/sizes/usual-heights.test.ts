/** How tall what is usually is where. */
import test from 'ava';
import fc from 'fast-check';
import { judgeHeight, learnHeight, mostLabels, type UsualHeights } from '../../../src/flow/sizes/usual-heights.ts';
import type { Box } from '../../../src/geometry/boxes.ts';
import { heightsOf } from './drawn-street.ts';

/** Who stands here, so tall. */
const standing = (x: number, y: number, height: number): Box => [x - height / 5, y - height, x + height / 5, y];

/** A street that goes away from the camera: half the picture at its lower edge, 0.04 far away. */
const heightAt = (y: number): number => 0.04 + (0.46 * (y - 0.3)) / 0.65;

function street(): UsualHeights {
  const heights: UsualHeights = new Map();
  for (let passer = 0; passer < 12; passer++) {
    for (let y = 0.3; y < 0.95; y += 0.02)
      learnHeight(heights, 'person', standing(0.3 + 0.03 * passer, y, heightAt(y) * (0.85 + 0.03 * passer)));
  }
  return heights;
}

test('what is usual follows the perspective: far away a tenth of what it is near by', (t) => {
  const heights = street();
  for (const y of [0.35, 0.5, 0.7, 0.93]) {
    const judged = judgeHeight(heights, 'person', standing(0.5, y, heightAt(y)))!;
    t.true(judged.fits);
    t.true(Math.abs(Math.log(judged.usualHeight / heightAt(y))) < Math.log(1.5), `${y}: ${judged.usualHeight}`);
  }
});

test('a mouse at the near edge is no person, nor is a giant at the far end; a child is', (t) => {
  const heights = street();
  t.false(judgeHeight(heights, 'person', standing(0.5, 0.93, 0.06))!.fits);
  t.false(judgeHeight(heights, 'person', standing(0.5, 0.36, 0.35))!.fits);
  t.true(judgeHeight(heights, 'person', standing(0.5, 0.93, 0.3))!.fits);
});

test('nothing is said where nobody was, of labels nobody saw, and before enough was seen', (t) => {
  const heights = heightsOf('person', [0.5, 0.6], 0.2, 20);
  t.is(judgeHeight(heights, 'person', standing(0.5, 0.6, 0.02)), undefined);
  const more = heightsOf('person', [0.5, 0.6], 0.2, 40);
  t.false(judgeHeight(more, 'person', standing(0.5, 0.6, 0.02))!.fits);
  t.is(judgeHeight(more, 'person', standing(0.1, 0.2, 0.02)), undefined);
  t.is(judgeHeight(more, 'car', standing(0.5, 0.6, 0.02)), undefined);
});

test('what is seen again and again is usual: cars on a bridge and below it', (t) => {
  const heights = heightsOf('car', [0.5, 0.6], 0.3, 100);
  for (let one = 0; one < 15; one++) learnHeight(heights, 'car', standing(0.5, 0.6, 0.05));
  t.true(judgeHeight(heights, 'car', standing(0.5, 0.6, 0.05))!.fits);
  t.false(judgeHeight(heights, 'car', standing(0.5, 0.6, 0.015))!.fits);
});

test('whom the lower edge of the frame cuts may be taller than is seen: nothing is learnt, and too small is no fault', (t) => {
  const heights = heightsOf('person', [0.5, 0.95], 0.6, 100);
  t.true(judgeHeight(heights, 'person', standing(0.5, 1, 0.1))!.fits);
  const cut: UsualHeights = new Map();
  for (let one = 0; one < 100; one++) learnHeight(cut, 'person', standing(0.5, 1, 0.1));
  t.is(judgeHeight(cut, 'person', standing(0.5, 0.98, 0.1)), undefined);
});

test('a place follows what changes, and does not grow without bound', (t) => {
  const heights = heightsOf('person', [0.5, 0.6], 0.05, 5000);
  t.false(judgeHeight(heights, 'person', standing(0.5, 0.6, 0.3))!.fits);
  for (let one = 0; one < 800; one++) learnHeight(heights, 'person', standing(0.5, 0.6, 0.3));
  t.true(judgeHeight(heights, 'person', standing(0.5, 0.6, 0.3))!.fits);
  t.true(heights.get('person')!.reduce((sum, count) => sum + count, 0) <= 400);
  for (let label = 0; label < 100; label++) learnHeight(heights, `label ${label}`, standing(0.5, 0.6, 0.3));
  t.is(heights.size, mostLabels);
});

test('whatever the boxes are, what is said of them is a number', (t) => {
  const side = fc.double({ min: 0, max: 1, noNaN: true });
  const box = fc
    .tuple(side, side, side, side)
    .map(([a, b, c, d]): Box => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);
  fc.assert(
    fc.property(fc.array(box, { maxLength: 100 }), box, (seen, asked) => {
      const heights: UsualHeights = new Map();
      for (const one of seen) for (let time = 0; time < 40; time++) learnHeight(heights, 'person', one);
      const judged = judgeHeight(heights, 'person', asked);
      return judged === undefined || (judged.usualHeight > 0 && judged.usualHeight < 1.2);
    }),
  );
  t.pass();
});
