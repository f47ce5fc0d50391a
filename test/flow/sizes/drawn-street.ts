/** A street drawn by hand, with houses, windows and a fence of uneven boards, and people who were seen in it. */
import { learnHeight, type UsualHeights } from '../../../src/flow/sizes/usual-heights.ts';
import { seededRandom } from '../../../src/workshop/bench/sequences/random.ts';

/** @returns luma, row by row. Another seed is another street. */
export function drawnStreet(widthPx: number, heightPx: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(widthPx * heightPx).fill(140);
  for (let shape = 0; shape < 60; shape++) {
    const left = Math.floor(random.between(0, widthPx));
    const top = Math.floor(random.between(0, heightPx));
    const right = Math.min(widthPx, left + Math.ceil(random.between(0.03, 0.25) * widthPx));
    const bottom = Math.min(heightPx, top + Math.ceil(random.between(0.03, 0.3) * heightPx));
    const grey = Math.round(random.between(30, 225));
    for (let y = top; y < bottom; y++) bytes.fill(grey, y * widthPx + left, y * widthPx + right);
  }
  return bytes;
}

/** So many people of one height whose feet were here. */
export function heightsOf(label: string, [x, y]: readonly [number, number], height: number, count = 60): UsualHeights {
  const heights: UsualHeights = new Map();
  for (let one = 0; one < count; one++) learnHeight(heights, label, [x - height / 5, y - height, x + height / 5, y]);
  return heights;
}
