/** Where an area of a given size goes in a frame: around an object, or so that it shows it as it was shown. Pure functions. */
import type { PastLook, Rectangle } from './chance-in.ts';
import type { PixelArea } from './region.ts';

export type PixelSize = Pick<PixelArea, 'widthPx' | 'heightPx'>;

/** An area with its upper left corner here, to the whole pixel, or as near as the frame has room for it. @param size no larger than the frame */
export function areaAt(left: number, top: number, { widthPx, heightPx }: PixelSize, frame: PixelSize): PixelArea {
  const inside = (at: number, extent: number, side: number) => Math.round(Math.min(extent - side, Math.max(0, at)));
  return {
    leftPx: inside(left, frame.widthPx, widthPx),
    topPx: inside(top, frame.heightPx, heightPx),
    widthPx,
    heightPx,
  };
}

/** How many areasAround() gives. */
export const areasEach = 5;

/**
 * Areas around an object: it in the middle, or near one of the corners, so that others find room.
 * @param room between the object and the edges of such a corner, pixels
 */
export function areasAround(
  { x1, y1, x2, y2 }: Rectangle,
  size: PixelSize,
  { room, frame }: { readonly room: number; readonly frame: PixelSize },
): PixelArea[] {
  const { widthPx, heightPx } = size;
  const [farLeft, farTop] = [x2 + room - widthPx, y2 + room - heightPx];
  const [nearLeft, nearTop] = [x1 - room, y1 - room];
  return [
    areaAt((x1 + x2 - widthPx) / 2, (y1 + y2 - heightPx) / 2, size, frame),
    areaAt(farLeft, farTop, size, frame),
    areaAt(nearLeft, farTop, size, frame),
    areaAt(farLeft, nearTop, size, frame),
    areaAt(nearLeft, nearTop, size, frame),
  ];
}

/** Side of the model's input, in pixels of the frame, in which an object is as large as in this look. */
export function sideAsBefore({ x1, y1, x2, y2 }: Rectangle, { logShare }: PastLook): number {
  return Math.max(x2 - x1, y2 - y1) / Math.exp(logShare);
}

/** The area that shows an object where this look did. */
export function areaAsBefore(
  { x1, y1, x2, y2 }: Rectangle,
  { across, down }: PastLook,
  size: PixelSize,
  frame: PixelSize,
): PixelArea {
  return areaAt((x1 + x2) / 2 - across * size.widthPx, (y1 + y2) / 2 - down * size.heightPx, size, frame);
}
