/** Was an object's place looked at? What nobody looked at hasn't been missed. Pure functions. */
import { area, type Box, clipped, intersection } from '../../geometry/boxes.ts';
import { extentIn, leastExtent } from '../../geometry/extent-in.ts';
import type { LookedAt } from '../interpret/detection.ts';

/** A look shows an object when this share of it lies in the region. */
const leastShown = 0.9;
/** What has left the frame by all but so much isn't to be seen: a look shows whether it is back where it shows this share of the frame beside it. */
const leastInFrame = 0.25;
const nearShare = 0.5;
/** In one of which it takes even less nothing shows it. */
export const anyExtent = 0.07;

/** A part of the frame that was looked at. */
export type SeenRegion = Pick<LookedAt, 'box' | 'half'>;

/**
 * @param box where the object should be; it may reach out of the frame
 * @param regions what was looked at; undefined: the whole frame
 * @param extent the least share of a region's side
 */
export function wasLookedAt(box: Box, regions: readonly SeenRegion[] | undefined, extent = leastExtent): boolean {
  if (regions === undefined) return true;
  const inFrame = clipped(box);
  const size = area(inFrame);
  if (size <= leastInFrame * area(box)) {
    const near = movedInside(box);
    return regions.some((region) => intersection(near, region.box) >= nearShare * area(near));
  }
  return regions.some(
    (region) =>
      intersection(inFrame, region.box) >= leastShown * size &&
      extentIn(inFrame, region.box, region.half !== undefined) >= extent,
  );
}

function movedInside([x1, y1, x2, y2]: Box): Box {
  const across = Math.max(0, -x1) - Math.max(0, x2 - 1);
  const down = Math.max(0, -y1) - Math.max(0, y2 - 1);
  return [x1 + across, y1 + down, x2 + across, y2 + down];
}

/** Does anything move where an object is, or near it? */
export function movesAt([x1, y1, x2, y2]: Box, moving: readonly Box[]): boolean {
  const across = nearby * (x2 - x1);
  const down = nearby * (y2 - y1);
  const around: Box = [x1 - across, y1 - down, x2 + across, y2 + down];
  return moving.some((box) => intersection(around, box) > 0);
}

const nearby = 0.25;
