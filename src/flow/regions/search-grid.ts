/**
 * What may be in the frame and was never seen: for each place and each size, how many unseen objects are to be expected. It grows
 * while nobody looks and falls with each look that could have shown them, so that the search goes where it is most worth it.
 */
import { detectability } from './detectability.ts';
import type { PixelArea } from './region.ts';

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

/** New objects a second in the whole frame, and how many there are at most before they are seen. */
const arrivals = 0.3;
const mostUnseen = 2;
/** The same for each object in view: where many are there are more. */
const arrivalsEach = 0.15;
const unseenEach = 0.15;

/** One number for each size and place, place after place in rows, size after size. */
export type Unseen = Float64Array;

/** Nobody looked anywhere yet. */
export function nothingSeen({ length }: GridLayout): Unseen {
  return new Float64Array(length).fill(mostUnseen / length);
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

/** Where in the grid an object of each size can have its middle to lie in a region as a whole, and the chance to see it there. */
export interface GridWindow {
  /** For each size: left, top, right, bottom in places, right and bottom not included; empty windows have no width. */
  readonly bounds: Int16Array;
  readonly chances: Float64Array;
}

/** A person is this wide for its height: how near to a region's side edge its middle may be. */
const halfWidth = 0.25;
const halfHeight = 0.5;

export function windowOf(layout: GridLayout, region: PixelArea): GridWindow {
  const { widthPx, heightPx, columns, rows, sizesPx } = layout;
  const right = region.leftPx + region.widthPx;
  const bottom = region.topPx + region.heightPx;
  // What the frame's edge cuts is in the frame as a whole.
  const inner = (edge: number, extent: number) => (edge <= 1 || edge >= extent - 1 ? 0 : 1);
  const bounds = new Int16Array(4 * sizesPx.length);
  const chances = new Float64Array(sizesPx.length);
  sizesPx.forEach((size, level) => {
    const x1 = region.leftPx + inner(region.leftPx, widthPx) * halfWidth * size;
    const x2 = right - inner(right, widthPx) * halfWidth * size;
    const y1 = region.topPx + inner(region.topPx, heightPx) * halfHeight * size;
    const y2 = bottom - inner(bottom, heightPx) * halfHeight * size;
    const first = (at: number, count: number, extent: number) => Math.max(0, Math.ceil((at * count) / extent - 0.5));
    const last = (at: number, count: number, extent: number) =>
      Math.min(count, Math.floor((at * count) / extent - 0.5) + 1);
    const found = [
      first(x1, columns, widthPx),
      first(y1, rows, heightPx),
      last(x2, columns, widthPx),
      last(y2, rows, heightPx),
    ];
    if (found[2]! <= found[0]! || found[3]! <= found[1]!) return;
    bounds.set(found, 4 * level);
    chances[level] = detectability(Math.max((2 * halfWidth * size) / region.widthPx, size / region.heightPx));
  });
  return { bounds, chances };
}

/** A look finds what it can find: changes `unseen`. */
export function lookedAt({ columns, rows }: GridLayout, unseen: Unseen, { bounds, chances }: GridWindow): void {
  for (let level = 0; level < chances.length; level++) {
    const left = 1 - chances[level]!;
    if (left === 1) continue;
    for (let row = bounds[4 * level + 1]!; row < bounds[4 * level + 3]!; row++) {
      const from = (level * rows + row) * columns;
      for (let at = from + bounds[4 * level]!; at < from + bounds[4 * level + 2]!; at++) unseen[at]! *= left;
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
export function findsIn({ columns, rows }: GridLayout, sums: Float64Array, { bounds, chances }: GridWindow): number {
  const width = columns + 1;
  let finds = 0;
  for (let level = 0; level < chances.length; level++) {
    const chance = chances[level]!;
    if (chance === 0) continue;
    const base = level * width * (rows + 1);
    const top = base + bounds[4 * level + 1]! * width;
    const bottom = base + bounds[4 * level + 3]! * width;
    const left = bounds[4 * level]!;
    const right = bounds[4 * level + 2]!;
    finds += chance * (sums[bottom + right]! - sums[top + right]! - sums[bottom + left]! + sums[top + left]!);
  }
  return finds;
}
