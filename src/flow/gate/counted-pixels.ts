/** Which pixels of a thumbnail count: those in a mask don't. */

import type { Box } from '../../geometry/boxes.ts';
import { contains, type Point, type Polygon } from '../../geometry/polygon.ts';
import type { RotationDeg } from '../capture/frame.ts';

/**
 * @param masks in fractions of the upright frame
 * @param rotationDeg clockwise turn that makes the thumbnail upright
 * @returns one per pixel: 1 where it counts
 */
export function countedPixels(
  size: { readonly widthPx: number; readonly heightPx: number },
  masks: readonly Polygon[],
  rotationDeg: RotationDeg,
): Uint8Array {
  const { widthPx, heightPx } = size;
  return Uint8Array.from({ length: widthPx * heightPx }, (_, at) => {
    const x = ((at % widthPx) + 0.5) / widthPx;
    const y = (Math.floor(at / widthPx) + 0.5) / heightPx;
    const there = uprightPoint([x, y], rotationDeg);
    return masks.some((mask) => contains(mask, there)) ? 0 : 1;
  });
}

/** A box of the picture as it is, in the upright one. */
export function uprightBox([x1, y1, x2, y2]: Box, rotationDeg: RotationDeg): Box {
  const [ax, ay] = uprightPoint([x1, y1], rotationDeg);
  const [bx, by] = uprightPoint([x2, y2], rotationDeg);
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

function uprightPoint([x, y]: Point, rotationDeg: RotationDeg): Point {
  switch (rotationDeg) {
    case 0:
      return [x, y];
    case 90:
      return [1 - y, x];
    case 180:
      return [1 - x, 1 - y];
    case 270:
      return [y, 1 - x];
  }
}
