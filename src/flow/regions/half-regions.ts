/** Regions of half an input to choose from: twice as wide as high, evenly over a frame, and around what is worth a look. Pure functions. */
import type { PastLook, Rectangle } from './chance-in.ts';
import type { ShownArea } from './region.ts';
import { tilesOfSize } from './tiles.ts';

interface FrameSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** From one width to the next. */
const growth = 1.5;
/** The object takes this share of the height of a region around it, and at most the other of its width. */
const heightShares = [0.85, 0.65];
const widthShare = 0.65;
/** At most so many around one object, and the one that shows it as it was shown. */
export const halvesPerCentre = 5 * heightShares.length + 1;
/** Room between an object and the edge of the region, in shares of its height. */
const margin = 0.08;

/** From the second smallest width up, half over each other: the smallest hold nothing but what squares show better. */
export function evenHalves(frame: FrameSize, minSidePx: number): ShownArea[] {
  const halves: ShownArea[] = [];
  for (let width = growth * minSidePx; width <= widestOf(frame); width *= growth)
    halves.push(...tilesOfSize(frame, sizeOf(width)).map((tile) => halfOf(tile)));
  return halves;
}

/** Around an object: it in the middle, or near one of the corners, so that others find room. Empty: it is too tall. */
export function halvesAround({ x1, y1, x2, y2 }: Rectangle, frame: FrameSize, minSidePx: number): ShownArea[] {
  const [across, down] = [x2 - x1, y2 - y1];
  const widths = heightShares.map((share) => Math.max(minSidePx, (2 * down) / share, across / widthShare));
  return [...new Set(widths)].flatMap((width): ShownArea[] => {
    if (width > widestOf(frame)) return [];
    const { widthPx, heightPx } = sizeOf(width);
    const room = margin * heightPx;
    const [farLeft, farTop] = [x2 + room - widthPx, y2 + room - heightPx];
    const [nearLeft, nearTop] = [x1 - room, y1 - room];
    const middle = halfAt((x1 + x2 - widthPx) / 2, (y1 + y2 - heightPx) / 2, width, frame);
    const corners = [
      [farLeft, farTop],
      [nearLeft, farTop],
      [farLeft, nearTop],
      [nearLeft, nearTop],
    ] as const;
    return [middle, ...corners.map(([left, top]) => halfAt(left, top, width, frame))];
  });
}

/** The half that shows an object where and as large as the last one that showed it did; see regionsAsBefore(). */
export function halvesAsBefore(
  { x1, y1, x2, y2 }: Rectangle,
  views: readonly PastLook[],
  frame: FrameSize,
): ShownArea[] {
  const view = views.find(({ shown, isHalf }) => shown && isHalf);
  if (view === undefined) return [];
  const width = Math.max(x2 - x1, y2 - y1) / Math.exp(view.logShare);
  if (width > widestOf(frame)) return [];
  const { widthPx, heightPx } = sizeOf(width);
  return [halfAt((x1 + x2) / 2 - view.across * widthPx, (y1 + y2) / 2 - view.down * heightPx, width, frame)];
}

/** In a wider one than a square of the frame, things are smaller than in that square; such halves lost 3 % of walk.mp4 (goby bench far). */
const widestOf = ({ widthPx, heightPx }: FrameSize): number => Math.min(widthPx, heightPx);

/** Its height is half of its width to the pixel. */
function sizeOf(width: number): { widthPx: number; heightPx: number } {
  const heightPx = Math.floor(width / 2);
  return { widthPx: 2 * heightPx, heightPx };
}

function halfAt(left: number, top: number, width: number, frame: FrameSize): ShownArea {
  const size = sizeOf(width);
  const inside = (at: number, extent: number, side: number) => Math.round(Math.min(extent - side, Math.max(0, at)));
  return halfOf({
    leftPx: inside(left, frame.widthPx, size.widthPx),
    topPx: inside(top, frame.heightPx, size.heightPx),
    ...size,
  });
}

/** Whether it becomes the upper or the lower one is decided when two are put together. */
const halfOf = (area: ShownArea): ShownArea => ({ ...area, half: 'upper' });
