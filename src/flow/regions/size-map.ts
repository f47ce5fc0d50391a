/** Where which sizes were seen, learnt from what was found: for the search, and to tell what is too large or too small for its place. */
import type { Box } from '../../geometry/boxes.ts';
import type { GridLayout } from './search-grid.ts';

/** Boxes seen, for each size and place of a grid, fading; see GridLayout. */
export interface SizeMap {
  readonly seen: Float64Array;
  total: number;
}

/** What was never seen anywhere is expected everywhere as if this many boxes had been. */
const prior = 30;
/** A box of the past counts half after so many others. */
const memory = 4000;
/** How far what one box says reaches, in places: standard deviation, and where it ends. */
const spread = 1.2;
const reach = 2;

export function noSizes({ length }: GridLayout): SizeMap {
  return { seen: new Float64Array(length), total: 0 };
}

/** Changes the map. */
export function learnSizes(map: SizeMap, layout: GridLayout, boxes: readonly Box[]): void {
  if (boxes.length === 0) return;
  const fade = 0.5 ** (boxes.length / memory);
  for (let at = 0; at < map.seen.length; at++) map.seen[at]! *= fade;
  for (const box of boxes) learnSize(map.seen, layout, box);
  map.total = map.total * fade + boxes.length;
}

function learnSize(seen: Float64Array, layout: GridLayout, [x1, y1, x2, y2]: Box): void {
  const { columns, rows, sizesPx } = layout;
  const level = nearestSize(sizesPx, Math.max((x2 - x1) * layout.widthPx, (y2 - y1) * layout.heightPx));
  const column = ((x1 + x2) / 2) * columns - 0.5;
  const row = ((y1 + y2) / 2) * rows - 0.5;
  const [left, right] = [Math.max(0, Math.ceil(column - reach)), Math.min(columns - 1, Math.floor(column + reach))];
  const [top, bottom] = [Math.max(0, Math.ceil(row - reach)), Math.min(rows - 1, Math.floor(row + reach))];
  const weightAt = (x: number, y: number) => Math.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * spread ** 2));
  let sum = 0;
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) sum += weightAt(x, y);
  if (sum === 0) return;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) seen[(level * rows + y) * columns + x]! += weightAt(x, y) / sum;
  }
}

/** How likely each size is at each place, the sum of all 1. Writes `weights`. */
export function sizeWeights({ seen, total }: SizeMap, weights: Float64Array): void {
  const even = prior / seen.length;
  for (let at = 0; at < seen.length; at++) weights[at] = (seen[at]! + even) / (total + prior);
}

function nearestSize(sizesPx: readonly number[], sizePx: number): number {
  let best = 0;
  for (let at = 1; at < sizesPx.length; at++) {
    if (Math.abs(Math.log(sizesPx[at]! / sizePx)) < Math.abs(Math.log(sizesPx[best]! / sizePx))) best = at;
  }
  return best;
}
