/** Which detection is which track: pairs by likelihood, and by overlap. Pure functions. */

import { intersectionOverUnion } from '../../geometry/boxes.ts';
import { assign } from './assignment.ts';
import { type BoxFilter, logUncertainty, squaredDistance } from './box-filter.ts';
import { observationOf, type SeenBox } from './box-observation.ts';

/** Something to be paired: only equal labels go together. */
interface Labelled {
  readonly label: string;
}

export interface Predicted extends Labelled {
  readonly filter: BoxFilter;
}

export interface Boxed extends Labelled, SeenBox {}

/** Positions of a track and of its detection. */
export type Pair = readonly [track: number, detection: number];

/** Detections that are farther than this aren't even looked at: chi-squared with 4 degrees of freedom, far out in its tail. */
const farthestSquaredDistance = 31;
/** How much the uncertainty of a prediction counts against it beside other tracks. */
const uncertaintyWeight = 0.75;
/**
 * A pair that is less likely than this is none: someone new is likelier. Distance and uncertainty together are minus twice the
 * logarithm of the likelihood, so this is a density, per fraction of the frame for each of the four coordinates.
 */
const leastLikely = -19;

/**
 * Pairs with the greatest joint likelihood. The term of uncertainty keeps tracks that weren't seen for long, and would take
 * anything, from taking the detections of others.
 */
export function pairByLikelihood(tracks: readonly Predicted[], detections: readonly Boxed[]): Pair[] {
  const observed = detections.map((detection) => observationOf(detection));
  const costs = tracks.map(({ label, filter }) => {
    const uncertainty = logUncertainty(filter);
    return detections.map((detection, at) => {
      if (detection.label !== label) return Number.POSITIVE_INFINITY;
      const distance = squaredDistance(filter, detection, observed[at]);
      if (distance > farthestSquaredDistance || distance + uncertainty > leastLikely) return Number.POSITIVE_INFINITY;
      return distance + uncertaintyWeight * uncertainty;
    });
  });
  return toPairs(assign(costs));
}

/** Pairs with the greatest sum of overlaps, each at least the least; 0: as many pairs as there can be. */
export function pairByOverlap(tracks: readonly Boxed[], detections: readonly Boxed[], leastOverlap: number): Pair[] {
  const costs = tracks.map((track) =>
    detections.map((detection) => {
      if (track.label !== detection.label) return Number.POSITIVE_INFINITY;
      const overlap = intersectionOverUnion(track.box, detection.box);
      return overlap < leastOverlap ? Number.POSITIVE_INFINITY : 1 - overlap;
    }),
  );
  return toPairs(assign(costs));
}

function toPairs(columns: readonly number[]): Pair[] {
  return columns.flatMap((detection, track): Pair[] => (detection < 0 ? [] : [[track, detection]]));
}
