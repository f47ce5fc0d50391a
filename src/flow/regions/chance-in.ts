/** How likely a look at a region finds an object: by its size there, by what is cut, and by what earlier looks showed. Pure functions. */
import { detectability } from '../../geometry/detectability.ts';
import { squeezedShare } from '../../geometry/squeezed-share.ts';
import type { ShownArea } from './region.ts';

/** Share of a region's side that an object of this many pixels takes; see squeezedShare(). */
export function shareIn(
  { widthPx, heightPx: shownPx, half }: ShownArea,
  objectWidthPx: number,
  objectHeightPx: number,
): number {
  const heightPx = half === undefined ? shownPx : 2 * shownPx;
  return squeezedShare(objectWidthPx / widthPx, objectHeightPx / heightPx, widthPx / heightPx);
}

/** A rectangle in pixels that need not be whole. */
export interface Rectangle {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/**
 * An object of which less than this lies in a region isn't found there, and from the other on as if it were there whole: its place isn't
 * known to the pixel, and the tracker knows what is cut off. In between it is worth less. Of persons on a street film that were to
 * be cut a little, looks showed three quarters as many as of whole ones (goby bench far).
 */
const leastShown = 0.6;
const wholeShown = 0.95;

/** How an object lay in a region before, and whether that look showed it; see View of track/. */
export interface PastLook {
  readonly across: number;
  readonly down: number;
  readonly logShare: number;
  readonly isHalf: boolean;
  readonly shown: boolean;
  readonly atMs: number;
}

/**
 * How likely a look at this region finds this object, cut or not.
 * @param object within the frame
 * @param views earlier looks at it
 * @param rateOf how likely an object that takes a share of a region's side is found
 */
export function chanceIn(
  region: ShownArea,
  object: Rectangle,
  views: readonly PastLook[],
  rateOf: (share: number) => number = detectability,
): number {
  const { leftPx, topPx, widthPx, heightPx } = region;
  const width = object.x2 - object.x1;
  const height = object.y2 - object.y1;
  const across = Math.min(object.x2, leftPx + widthPx) - Math.max(object.x1, leftPx);
  const down = Math.min(object.y2, topPx + heightPx) - Math.max(object.y1, topPx);
  if (across <= 0 || down <= 0) return 0;
  const shown = (across * down) / (width * height);
  if (shown < leastShown) return 0;
  const share = shareIn(region, width, height);
  const chance = rateOf(share);
  const worth = Math.min(1, (shown - leastShown) / (wholeShown - leastShown));
  if (views.length === 0) return worth * chance;
  return (
    worth *
    afterViews(chance, views, {
      across: ((object.x1 + object.x2) / 2 - leftPx) / widthPx,
      down: ((object.y1 + object.y2) / 2 - topPx) / heightPx,
      logShare: Math.log(share),
      isHalf: region.half !== undefined,
    })
  );
}

/**
 * A detector repeats itself. On a street film (goby bench far, tiles of 300 and 540 pixels, the next frame): the same look shows
 * what it showed with 0.93 and what it missed with 0.20; another look, 0.86 and 0.37.
 */
const repeats = { shown: 0.95, missed: 0.12 };
const others = { shown: 1.1, missed: 0.5 };
/** So much less alike are views whose places differ by a tenth of the region, or whose scale does by a fifth. */
const placeScale = 0.1;
const logScale = 0.2;
/** How much the next view counts beside the one before it, and the likest one beside what is expected of any. */
const fading = 0.7;
const likeness = 3;
/** Views as far apart as this, in squared scales, have nothing to do with each other: one in three thousand of a view would count. */
const unlike = 16;

function afterViews(chance: number, views: readonly PastLook[], now: Omit<PastLook, 'shown' | 'atMs'>): number {
  let alike = 0;
  let repeated = 0;
  let shown = 0;
  let total = 0;
  let weight = 1;
  for (const view of views) {
    const place = ((view.across - now.across) ** 2 + (view.down - now.down) ** 2) / placeScale ** 2;
    const scale = ((view.logShare - now.logShare) / logScale) ** 2;
    // In half of an input, beside another region, an object is another sight.
    if (view.isHalf === now.isHalf && place + scale < unlike) {
      const like = weight * likeness * Math.exp(-(place + scale) / 2);
      alike += like;
      repeated += like * (view.shown ? repeats.shown : repeats.missed);
    }
    if (view.shown) shown += weight;
    total += weight;
    weight *= fading;
  }
  const ease = others.missed + (others.shown - others.missed) * (shown / total);
  return Math.min(0.97, (Math.min(0.97, chance * ease) + repeated) / (1 + alike));
}
