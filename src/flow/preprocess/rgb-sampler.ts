/**
 * From decoded pixels straight to those of a tensor: cut out and scaled in one pass. A region is too small a job for libvips: to hand it
 * to a thread and to wait for its answer takes longer than the work itself, and much longer while the cores are busy.
 */
import type { Elements, Tables } from './element-writer.ts';
import type { Geometry, Region, Size } from './geometry.ts';
import { type Axis, axisOf, one } from './weighted-samples.ts';

export interface RgbSampler {
  /** Writes the picture's part of the tensor; padding is left as it is. @param bytes rows of red, green and blue, no padding */
  sample(bytes: Uint8Array, into: Elements, tables: Tables): void;
}

const rounding = (one * one) / 2;

/**
 * @param picture upright
 * @param geometry where in the tensor the region goes
 * @param tensorWidthPx row length of the tensor, which has three channels
 * @param region inside the picture; absent: all of it
 */
export function createRgbSampler(
  picture: Size,
  geometry: Geometry,
  { tensorWidthPx, region }: { tensorWidthPx: number; region?: Region | undefined },
): RgbSampler {
  const { leftPx, topPx, widthPx, heightPx } = region ?? { leftPx: 0, topPx: 0, ...picture };
  if (widthPx === geometry.widthPx && heightPx === geometry.heightPx) {
    return copier({
      geometry,
      tensorWidthPx,
      from: 3 * (topPx * picture.widthPx + leftPx),
      rowBytes: 3 * picture.widthPx,
    });
  }
  const across = axisOf(geometry.widthPx, { from: leftPx, length: widthPx, step: 3 });
  const down = axisOf(geometry.heightPx, { from: topPx, length: heightPx, step: 3 * picture.widthPx });
  const length = 3 * geometry.widthPx;
  const sums = new Int32Array(length);
  const lines = [lineOf(length), lineOf(length)] as const;

  /** The rows of an enlarged picture lie between the same two for a while: they are scaled across once. */
  const scaled = (row: number, bytes: Uint8Array, kept: Line, other: Line): void => {
    if (kept.row === row) return;
    if (other.row === row) kept.values.set(other.values);
    else scaleAcross(bytes, row, across, kept.values);
    kept.row = row;
  };

  return {
    sample: (bytes, into, tables) => {
      const [upper, lower] = lines;
      // They are of the frame before.
      upper.row = -1;
      lower.row = -1;
      const { tapCount, positions, weights } = down;
      for (let y = 0; y < geometry.heightPx; y++) {
        const to = ((geometry.topPx + y) * tensorWidthPx + geometry.leftPx) * 3;
        let tap = y * tapCount;
        sums.fill(rounding);
        for (const last = tap + tapCount - 2; tap < last; tap++) {
          scaled(positions[tap]!, bytes, upper, lower);
          for (let at = 0; at < length; at++) sums[at] = sums[at]! + weights[tap]! * upper.values[at]!;
        }
        scaled(positions[tap]!, bytes, upper, lower);
        scaled(positions[tap + 1]!, bytes, lower, upper);
        writeBoth(
          { sums, upper: upper.values, lower: lower.values },
          { upperWeight: weights[tap]!, lowerWeight: weights[tap + 1]! },
          { into, to, tables },
        );
      }
    },
  };
}

interface Copied {
  readonly geometry: Geometry;
  readonly tensorWidthPx: number;
  /** Of the region's first pixel, and from one row to the next, in bytes. */
  readonly from: number;
  readonly rowBytes: number;
}

/** A region that is as large in the tensor as in the picture. */
function copier({ geometry, tensorWidthPx, from, rowBytes }: Copied): RgbSampler {
  const { leftPx, topPx, widthPx, heightPx } = geometry;
  return {
    sample: (bytes, into, [red, green, blue]) => {
      for (let y = 0; y < heightPx; y++) {
        let at = from + y * rowBytes;
        let to = 3 * ((topPx + y) * tensorWidthPx + leftPx);
        for (const end = at + 3 * widthPx; at < end; at += 3, to += 3) {
          into[to] = red[bytes[at]!]!;
          into[to + 1] = green[bytes[at + 1]!]!;
          into[to + 2] = blue[bytes[at + 2]!]!;
        }
      }
    },
  };
}

interface Line {
  row: number;
  readonly values: Int32Array;
}

const lineOf = (length: number): Line => ({ row: -1, values: new Int32Array(length) });

/** One row of the picture at the width of the region in the tensor, `one` times as large. */
function scaleAcross(bytes: Uint8Array, row: number, { tapCount, positions, weights }: Axis, into: Int32Array): void {
  const count = positions.length;
  const share = one / tapCount;
  let at = 0;
  if (tapCount === 2) {
    for (let tap = 0; tap < count; tap += 2) {
      const near = row + positions[tap]!;
      const far = row + positions[tap + 1]!;
      const nearWeight = weights[tap]!;
      const farWeight = weights[tap + 1]!;
      into[at++] = nearWeight * bytes[near]! + farWeight * bytes[far]!;
      into[at++] = nearWeight * bytes[near + 1]! + farWeight * bytes[far + 1]!;
      into[at++] = nearWeight * bytes[near + 2]! + farWeight * bytes[far + 2]!;
    }
    return;
  }
  for (let tap = 0; tap < count; tap += tapCount) {
    let [red, green, blue] = [0, 0, 0];
    for (let more = tap; more < tap + tapCount; more++) {
      const from = row + positions[more]!;
      red += bytes[from]!;
      green += bytes[from + 1]!;
      blue += bytes[from + 2]!;
    }
    into[at++] = red * share;
    into[at++] = green * share;
    into[at++] = blue * share;
  }
}

interface Lines {
  readonly sums: Int32Array;
  readonly upper: Int32Array;
  readonly lower: Int32Array;
}

/** The last two lines of a row with their weights, on top of what was summed before. */
function writeBoth(
  { sums, upper, lower }: Lines,
  { upperWeight, lowerWeight }: { upperWeight: number; lowerWeight: number },
  { into, to, tables: [red, green, blue] }: { into: Elements; to: number; tables: Tables },
): void {
  for (let at = 0; at < sums.length; at += 3) {
    into[to + at] = red[(sums[at]! + upperWeight * upper[at]! + lowerWeight * lower[at]!) >> 16]!;
    into[to + at + 1] = green[(sums[at + 1]! + upperWeight * upper[at + 1]! + lowerWeight * lower[at + 1]!) >> 16]!;
    into[to + at + 2] = blue[(sums[at + 2]! + upperWeight * upper[at + 2]! + lowerWeight * lower[at + 2]!) >> 16]!;
  }
}
