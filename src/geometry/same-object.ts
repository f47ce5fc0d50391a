/** When two boxes of one label, of different looks at a frame, are of one object. A pure function. */
import { area, type Box, intersection, intersectionOverUnion } from './boxes.ts';

const sameOverlap = 0.5;
/** What lies in another by this share may be a part of it, such as a head and shoulders, unless it is much smaller. */
const nestedShare = 0.9;
const partShare = 0.25;

export function areOneObject(a: Box, b: Box): boolean {
  if (intersectionOverUnion(a, b) >= sameOverlap) return true;
  const [smaller, larger] = area(a) < area(b) ? [a, b] : [b, a];
  return shareWithin(smaller, larger) >= nestedShare && area(smaller) >= partShare * area(larger);
}

/** Share of a box that lies in another. */
export function shareWithin(box: Box, other: Box): number {
  return intersection(box, other) / Math.max(1e-9, area(box));
}
