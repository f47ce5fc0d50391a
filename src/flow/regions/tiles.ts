/** Tiles: squares that cover a frame evenly, each half over the next. For photos, and as the reference that regions are measured against. */
import type { PixelArea, Region } from './region.ts';

/** Tiles are as large as the model's input, and so many times larger: between the two lies little that neither sees well. */
const scales = [1, 1.8];

/**
 * The whole frame and tiles of two sizes over it: all that a model can see in it, at many inferences.
 * @param inputPx shorter side of the model's input
 */
export function exhaustiveTiling(
  frame: { readonly widthPx: number; readonly heightPx: number },
  inputPx: number,
): Region[] {
  const { widthPx, heightPx } = frame;
  const keyOf = (area: PixelArea): string => `${area.leftPx} ${area.topPx} ${area.widthPx} ${area.heightPx}`;
  const whole: Region = { leftPx: 0, topPx: 0, widthPx, heightPx, reason: 'whole' };
  const regions = new Map([[keyOf(whole), whole]]);
  for (const scale of scales) {
    for (const tile of tilesOf(frame, Math.round(scale * inputPx))) {
      // A small frame has the same tiles at both sizes, or is a tile itself.
      if (!regions.has(keyOf(tile))) regions.set(keyOf(tile), { ...tile, reason: 'tile' });
    }
  }
  return [...regions.values()];
}

/**
 * @param sidePx side of a tile; cut down to the frame's shorter side
 * @param shift where the first one begins, in shares of the distance between two: 0 at the edge
 */
export function tilesOf(
  frame: { readonly widthPx: number; readonly heightPx: number },
  sidePx: number,
  { shift = 0 }: { shift?: number } = {},
): PixelArea[] {
  const side = Math.min(sidePx, frame.widthPx, frame.heightPx);
  return tilesOfSize(frame, { widthPx: side, heightPx: side }, shift);
}

/** @param tile no larger than the frame */
export function tilesOfSize(
  frame: { readonly widthPx: number; readonly heightPx: number },
  { widthPx, heightPx }: Pick<PixelArea, 'widthPx' | 'heightPx'>,
  shift = 0,
): PixelArea[] {
  const lefts = starts(frame.widthPx, widthPx, shift);
  return starts(frame.heightPx, heightPx, shift).flatMap((topPx) =>
    lefts.map((leftPx) => ({ leftPx, topPx, widthPx, heightPx })),
  );
}

/** Evenly spread, at most half a side apart, the last one at the far edge; shifted ones in between, with both edges covered. */
function starts(extent: number, side: number, shift: number): number[] {
  const steps = Math.ceil((extent - side) / (side / 2) - 1e-9);
  if (steps <= 0) return [0];
  const step = (extent - side) / steps;
  if (shift === 0) return Array.from({ length: steps + 1 }, (_, at) => Math.round(at * step));
  const between = Array.from({ length: steps }, (_, at) => Math.round((at + shift) * step));
  return [0, ...between, extent - side];
}
