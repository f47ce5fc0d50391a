/** Regions of half an input to choose from: twice as wide as high, evenly over a frame, and around what is worth a look. Pure functions. */
import type { PastLook, Rectangle } from './chance-in.ts';
import { areaAsBefore, areasAround, areasEach, type PixelSize, sideAsBefore } from './place-area.ts';
import type { PixelArea, ShownArea } from './region.ts';
import { tilesOfSize } from './tiles.ts';

/** From one width to the next. */
const growth = 1.5;
/** The object takes this share of the height of a region around it, and at most the other of its width. */
const heightShares = [0.85, 0.65];
const widthShare = 0.65;
/** At most so many around one object, and the one that shows it as it was shown. */
export const halvesPerCentre = areasEach * heightShares.length + 1;
/** Room between an object and the edge of the region, in shares of its height. */
const margin = 0.08;

/** From the second smallest width up, half over each other: the smallest hold nothing but what squares show better. */
export function evenHalves(frame: PixelSize, minSidePx: number): ShownArea[] {
  const halves: ShownArea[] = [];
  for (let width = growth * minSidePx; width <= widestOf(frame); width *= growth)
    halves.push(...tilesOfSize(frame, sizeOf(width)).map(halfOf));
  return halves;
}

/** Around an object; see areasAround(). Empty: it is too tall. */
export function halvesAround(object: Rectangle, frame: PixelSize, minSidePx: number): ShownArea[] {
  const [across, down] = [object.x2 - object.x1, object.y2 - object.y1];
  const widths = heightShares.map((share) => Math.max(minSidePx, (2 * down) / share, across / widthShare));
  return [...new Set(widths)].flatMap((width): ShownArea[] => {
    if (width > widestOf(frame)) return [];
    const size = sizeOf(width);
    return areasAround(object, size, { room: margin * size.heightPx, frame }).map(halfOf);
  });
}

/** The half that shows an object where and as large as the last one that showed it did; see regionsAsBefore(). */
export function halvesAsBefore(object: Rectangle, views: readonly PastLook[], frame: PixelSize): ShownArea[] {
  const view = views.find(({ shown, isHalf }) => shown && isHalf);
  if (view === undefined) return [];
  const width = sideAsBefore(object, view);
  return width > widestOf(frame) ? [] : [halfOf(areaAsBefore(object, view, sizeOf(width), frame))];
}

/** In a wider one than a square of the frame, things are smaller than in that square; such halves lost 3 % of walk.mp4 (goby bench far). */
const widestOf = ({ widthPx, heightPx }: PixelSize): number => Math.min(widthPx, heightPx);

/** Its height is half of its width to the pixel. */
function sizeOf(width: number): PixelSize {
  const heightPx = Math.floor(width / 2);
  return { widthPx: 2 * heightPx, heightPx };
}

/** Whether it becomes the upper or the lower one is decided when two are put together. */
const halfOf = (area: PixelArea): ShownArea => ({ ...area, half: 'upper' });
