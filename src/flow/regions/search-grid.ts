/**
 * What may be in the frame and was never seen: for each place and each size, how many unseen objects are to be expected. It grows
 * while nobody looks and falls with each look that could have shown them, so that the search goes where it is most worth it.
 */
import { detectability } from '../../geometry/detectability.ts';
import { shareIn } from './chance-in.ts';
import type { ShownArea } from './region.ts';

/** Places and sizes, the same for as long as a camera's frames have the same size. */
export interface GridLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly columns: number;
  readonly rows: number;
  /** Longer sides of objects, pixels, from small to large. */
  readonly sizesPx: readonly number[];
  /** Number of places times number of sizes. */
  readonly length: number;
}

/** Places along the longer side. */
const places = 24;
/** From one size to the next. */
const sizeStep = 1.6;

export function gridLayout(
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
  minSidePx: number,
): GridLayout {
  const longer = Math.max(widthPx, heightPx);
  const columns = Math.max(1, Math.round((places * widthPx) / longer));
  const rows = Math.max(1, Math.round((places * heightPx) / longer));
  const least = Math.min(0.25 * minSidePx, 0.5 * Math.min(widthPx, heightPx));
  const sizesPx: number[] = [];
  for (let size = least; size < Math.min(widthPx, heightPx); size *= sizeStep) sizesPx.push(size);
  return { widthPx, heightPx, columns, rows, sizesPx, length: columns * rows * sizesPx.length };
}

/** New objects a second in the whole frame, and how many there are before anything is seen. */
const arrivals = 0.3;
const firstUnseen = 2;
/** And at most: so many that the smallest region in the dullest corner is worth a look in the end. */
const mostUnseen = 2.5;
/** The same for each object in view: where many are there are more. */
const arrivalsEach = 0.15;
const unseenEach = 0.15;

/** One number for each size and place, place after place in rows, size after size. */
export type Unseen = Float64Array;

/** Nobody looked anywhere yet. */
export function nothingSeen({ length }: GridLayout): Unseen {
  return new Float64Array(length).fill(firstUnseen / length);
}

export interface Growth {
  readonly seconds: number;
  /** Objects in view. */
  readonly inView: number;
  /** How likely each size is at each place, the sum of all 1. */
  readonly weights: Float64Array;
}

/** Time passes: changes `unseen`. */
export function grow(unseen: Unseen, { seconds, inView, weights }: Growth): void {
  const rate = (arrivals + arrivalsEach * inView) * seconds;
  const most = mostUnseen + unseenEach * inView;
  for (let at = 0; at < unseen.length; at++) {
    const weight = weights[at]!;
    unseen[at] = Math.min(most * weight, unseen[at]! + rate * weight);
  }
}

/** For each of many regions: where in the grid an object of each size can have its middle to lie in it as a whole, and the chance to see it there. */
export interface GridWindows {
  /** For each region and size: left, top, right, bottom in places, right and bottom not included; empty windows have no width. */
  bounds: Int16Array;
  chances: Float32Array;
}

export function roomForWindows({ sizesPx }: GridLayout, count: number): GridWindows {
  return { bounds: new Int16Array(4 * sizesPx.length * count), chances: new Float32Array(sizesPx.length * count) };
}

/** A person is this wide for its height: how near to a region's side edge its middle may be. */
const halfWidth = 0.25;
const halfHeight = 0.5;

/** What is found more seldom isn't found by a second look either: such looks don't add up. */
const leastChance = 0.25;

/** Writes the window of a region at a position of `windows`. */
export function setWindow(layout: GridLayout, windows: GridWindows, position: number, region: ShownArea): void {
  const { widthPx, heightPx, columns, rows, sizesPx } = layout;
  const { bounds, chances } = windows;
  const right = region.leftPx + region.widthPx;
  const bottom = region.topPx + region.heightPx;
  // What the frame's edge cuts is in the frame as a whole.
  const insideLeft = region.leftPx <= 1 ? 0 : halfWidth;
  const insideRight = right >= widthPx - 1 ? 0 : halfWidth;
  const insideTop = region.topPx <= 1 ? 0 : halfHeight;
  const insideBottom = bottom >= heightPx - 1 ? 0 : halfHeight;
  for (let level = 0; level < sizesPx.length; level++) {
    const size = sizesPx[level]!;
    const at = position * sizesPx.length + level;
    const x1 = firstPlace(region.leftPx + insideLeft * size, columns, widthPx);
    const y1 = firstPlace(region.topPx + insideTop * size, rows, heightPx);
    const x2 = lastPlace(right - insideRight * size, columns, widthPx);
    const y2 = lastPlace(bottom - insideBottom * size, rows, heightPx);
    const isEmpty = x2 <= x1 || y2 <= y1;
    bounds[4 * at] = isEmpty ? 0 : x1;
    bounds[4 * at + 1] = isEmpty ? 0 : y1;
    bounds[4 * at + 2] = isEmpty ? 0 : x2;
    bounds[4 * at + 3] = isEmpty ? 0 : y2;
    const share = shareIn(region, 2 * halfWidth * size, size);
    const chance = isEmpty ? 0 : detectability(share);
    chances[at] = chance < leastChance ? 0 : chance;
  }
}

function firstPlace(at: number, count: number, extent: number): number {
  return Math.max(0, Math.ceil((at * count) / extent - 0.5));
}

function lastPlace(at: number, count: number, extent: number): number {
  return Math.min(count, Math.floor((at * count) / extent - 0.5) + 1);
}

/** A look finds what it can find: changes `unseen`. */
export function lookedAt(
  { columns, rows, sizesPx }: GridLayout,
  unseen: Unseen,
  { bounds, chances }: GridWindows,
  position: number,
): void {
  for (let level = 0; level < sizesPx.length; level++) {
    const window = position * sizesPx.length + level;
    const left = 1 - chances[window]!;
    if (left === 1) continue;
    for (let row = bounds[4 * window + 1]!; row < bounds[4 * window + 3]!; row++) {
      const from = (level * rows + row) * columns;
      const to = from + bounds[4 * window + 2]!;
      for (let at = from + bounds[4 * window]!; at < to; at++) unseen[at]! *= left;
    }
  }
}

/** Room for the sums of a grid; see sumUp(). */
export function sumsFor({ columns, rows, sizesPx }: GridLayout): Float64Array {
  return new Float64Array((columns + 1) * (rows + 1) * sizesPx.length);
}

/** Sums of all places above and left of each corner: the sum over any window from four of them. Writes `sums`. */
export function sumUp({ columns, rows, sizesPx }: GridLayout, unseen: Unseen, sums: Float64Array): void {
  const width = columns + 1;
  for (let level = 0; level < sizesPx.length; level++) {
    const base = level * width * (rows + 1);
    for (let row = 0; row < rows; row++) {
      let along = 0;
      for (let column = 0; column < columns; column++) {
        along += unseen[(level * rows + row) * columns + column]!;
        const at = base + (row + 1) * width + column + 1;
        sums[at] = sums[at - width]! + along;
      }
    }
  }
}

/** How many unseen objects a look is to be expected to find. */
export function findsIn(
  { columns, rows, sizesPx }: GridLayout,
  sums: Float64Array,
  { bounds, chances }: GridWindows,
  position: number,
): number {
  const width = columns + 1;
  let finds = 0;
  for (let level = 0; level < sizesPx.length; level++) {
    const window = position * sizesPx.length + level;
    const chance = chances[window]!;
    if (chance === 0) continue;
    const base = level * width * (rows + 1);
    const top = base + bounds[4 * window + 1]! * width;
    const bottom = base + bounds[4 * window + 3]! * width;
    const left = bounds[4 * window]!;
    const right = bounds[4 * window + 2]!;
    finds += chance * (sums[bottom + right]! - sums[top + right]! - sums[bottom + left]! + sums[top + left]!);
  }
  return finds;
}
