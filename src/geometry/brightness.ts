/** How bright a picture is where: a view of a frame's bytes, whatever their order, and samples of a part of it. */
import type { Box } from './boxes.ts';

/** The upright picture. Valid for as long as the frame is held that it was made of. */
export interface Brightness {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array;
  /** Position of the upper left pixel, and from one pixel to the next to the right and down; they may be negative. */
  readonly first: number;
  readonly across: number;
  readonly down: number;
}

/** Pixels that are averaged for a sample, along each side of it. */
const each = 2;
const inset = [0.25, 0.75] as const;

/**
 * Means of evenly spread pixels, row by row, 0..255. What lies outside of the picture is as bright as its edge.
 * @param box in fractions of the picture
 */
export function sampled(
  { widthPx, heightPx, bytes, first, across, down }: Brightness,
  [x1, y1, x2, y2]: Box,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Float32Array {
  const samples = new Float32Array(columns * rows);
  const offsets = new Int32Array(each * columns);
  const inside = (at: number, count: number): number => Math.max(0, Math.min(count - 1, Math.floor(at)));
  for (let column = 0; column < columns; column++)
    for (let part = 0; part < each; part++) {
      const x = (x1 + ((x2 - x1) * (column + inset[part]!)) / columns) * widthPx;
      offsets[each * column + part] = first + across * inside(x, widthPx);
    }
  for (let row = 0; row < rows; row++)
    for (let part = 0; part < each; part++) {
      const y = (y1 + ((y2 - y1) * (row + inset[part]!)) / rows) * heightPx;
      const from = down * inside(y, heightPx);
      for (let at = 0; at < offsets.length; at++)
        samples[row * columns + (at >> 1)]! += bytes[from + offsets[at]!]! / (each * each);
    }
  return samples;
}
