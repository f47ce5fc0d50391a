/** How much of a region an object takes. A pure function. */
import type { Box } from './boxes.ts';

/** In a region of which it takes less than this an object can't be expected to be seen. */
export const leastExtent = 0.2;

/**
 * Share of the region's side that an object takes, along the axis where it takes most.
 * @param isHalf the region fills half of the model's input, so that its height is half of such a side
 */
export function extentIn(box: Box, region: Box, isHalf = false): number {
  const height = (region[3] - region[1]) * (isHalf ? 2 : 1);
  return Math.max((box[2] - box[0]) / (region[2] - region[0]), (box[3] - box[1]) / height);
}
