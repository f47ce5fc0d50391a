/** Pictures for the tracker: a patterned thing on a patterned ground. */
import type { Box } from '../../../src/geometry/boxes.ts';
import type { Brightness } from '../../../src/geometry/brightness.ts';

export const [widthPx, heightPx] = [320, 240];

export interface Painted {
  /** Left upper corner, pixels; absent: it isn't there. */
  readonly at?: readonly [x: number, y: number];
  /** Added to every pixel. */
  readonly light?: number;
  /** Another thing of the same size. */
  readonly isOther?: boolean;
}

export const thing = { widthPx: 30, heightPx: 80 };

/** A number that looks random, the same for the same place. */
function noise(x: number, y: number, seed: number): number {
  const value = Math.sin(x * 12.9898 + y * 78.233 + seed * 37.719) * 43758.5453;
  return value - Math.floor(value);
}

export function picture({ at, light = 0, isOther = false }: Painted): Brightness {
  const bytes = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++) {
      const [left, top] = at ?? [Number.POSITIVE_INFINITY, 0];
      const isThing = x >= left && x < left + thing.widthPx && y >= top && y < top + thing.heightPx;
      // In spots of several pixels, as real things have.
      const shade = isThing
        ? 40 + 150 * noise(Math.floor((x - left) / 5), Math.floor((y - top) / 8), isOther ? 3 : 1)
        : 90 + 40 * noise(Math.floor(x / 16), Math.floor(y / 16), 2);
      bytes[y * widthPx + x] = Math.max(0, Math.min(255, shade + light));
    }
  return { widthPx, heightPx, bytes, first: 0, across: 1, down: widthPx };
}

export function boxAt(x: number, y: number): Box {
  return [x / widthPx, y / heightPx, (x + thing.widthPx) / widthPx, (y + thing.heightPx) / heightPx];
}
