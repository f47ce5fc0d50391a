/** Regions to choose from: those that cover a frame evenly, and those around what is worth a look. Pure functions. */
import type { PastLook, Rectangle } from './chance-in.ts';
import { areaAsBefore, areasAround, areasEach, type PixelSize, sideAsBefore } from './place-area.ts';
import type { PixelArea } from './region.ts';
import { tilesOf } from './tiles.ts';

/** From one side to the next. */
const growth = 1.5;
/** A frame that is this much longer than high is looked at in squares; a squarer one as a whole, stretched. */
export const wideRatio = 1.4;

/** Longer side by shorter side. */
export function isWide({ widthPx, heightPx }: PixelSize): boolean {
  return Math.max(widthPx, heightPx) >= wideRatio * Math.min(widthPx, heightPx);
}

/** All of the frame in one look. */
export function wholeFrame({ widthPx, heightPx }: PixelSize): PixelArea {
  return { leftPx: 0, topPx: 0, widthPx, heightPx };
}

/** All of the frame in as few looks as show things in their own ratio: two squares that overlap, of a wide frame. */
export function wholeLooks(frame: PixelSize): PixelArea[] {
  const { widthPx, heightPx } = frame;
  const side = Math.min(widthPx, heightPx);
  if (!isWide(frame) || Math.max(widthPx, heightPx) >= 2 * side) return [wholeFrame(frame)];
  const square = (leftPx: number, topPx: number): PixelArea => ({ leftPx, topPx, widthPx: side, heightPx: side });
  return [square(0, 0), square(widthPx - side, heightPx - side)];
}

/** Squares from the smallest side up, half over each other, and the whole frame. */
export function evenRegions(frame: PixelSize, minSidePx: number): PixelArea[] {
  const most = Math.min(frame.widthPx, frame.heightPx);
  const squares: PixelArea[] = [];
  for (let side = minSidePx; side < most / 1.2; side *= growth) squares.push(...tilesOf(frame, Math.round(side)));
  return [...squares, ...(isWide(frame) ? tilesOf(frame, most) : []), wholeFrame(frame)];
}

/** The object's longer side is this share of a region around it. */
const shares = [0.65, 0.4];
/** At most so many regions around one object, and the one that shows it as it was shown. */
export const regionsPerCentre = areasEach * shares.length + 1;
/** Room between an object and the edge of the region, in shares of the region. */
const margin = 0.06;

/** Squares around an object; see areasAround(). */
export function regionsAround(object: Rectangle, frame: PixelSize, minSidePx: number): PixelArea[] {
  const most = Math.min(frame.widthPx, frame.heightPx);
  const longer = Math.max(object.x2 - object.x1, object.y2 - object.y1);
  const sides = new Set(
    shares.map((share) => Math.round(Math.min(most, Math.max(Math.min(minSidePx, most), longer / share)))),
  );
  return [...sides].flatMap((side) => {
    // Full frames of a square ratio are covered by the even regions.
    if (side === most && !isWide(frame)) return [];
    return areasAround(object, { widthPx: side, heightPx: side }, { room: margin * side, frame });
  });
}

/**
 * The square that shows an object where and as large as the last look that showed it did: a detector repeats itself, and this object may
 * be one that few looks show. Empty: no look showed it, or none that was square.
 */
export function regionsAsBefore(object: Rectangle, views: readonly PastLook[], frame: PixelSize): PixelArea[] {
  const view = views.find(({ shown, isHalf }) => shown && !isHalf);
  if (view === undefined) return [];
  const side = Math.round(sideAsBefore(object, view));
  if (side > Math.min(frame.widthPx, frame.heightPx)) return [];
  return [areaAsBefore(object, view, { widthPx: side, heightPx: side }, frame)];
}

/** Intersection over union. */
export function regionOverlap(a: PixelArea, b: PixelArea): number {
  const across = Math.min(a.leftPx + a.widthPx, b.leftPx + b.widthPx) - Math.max(a.leftPx, b.leftPx);
  const down = Math.min(a.topPx + a.heightPx, b.topPx + b.heightPx) - Math.max(a.topPx, b.topPx);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a.widthPx * a.heightPx + b.widthPx * b.heightPx - across * down);
}
