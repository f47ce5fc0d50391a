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

/** Pixels that are averaged for a sample, along each side of it, and where in it. */
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
  const inside = (at: number, count: number): number => Math.max(0, Math.min(count - 1, Math.floor(at)));
  const offsets = new Int32Array(each * columns);
  for (let at = 0; at < offsets.length; at++) {
    const x = x1 + ((x2 - x1) * ((at >> 1) + inset[at & 1]!)) / columns;
    offsets[at] = across * inside(x * widthPx, widthPx);
  }
  const rowAt = (row: number): number => first + down * inside((y1 + ((y2 - y1) * row) / rows) * heightPx, heightPx);
  let sample = 0;
  for (let row = 0; row < rows; row++) {
    const [upper, lower] = [rowAt(row + inset[0]), rowAt(row + inset[1])];
    for (let at = 0; at < offsets.length; at += each) {
      const [left, right] = [offsets[at]!, offsets[at + 1]!];
      samples[sample++] =
        (bytes[upper + left]! + bytes[upper + right]! + bytes[lower + left]! + bytes[lower + right]!) / 4;
    }
  }
  return samples;
}
