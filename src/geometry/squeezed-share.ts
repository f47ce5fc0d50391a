/**
 * Share of a region's side that an object takes, along the axis where it takes most. A region that isn't square is squeezed into the
 * model's input: what stands in a wide one becomes narrower still, and is found as seldom as one whose area is as much smaller. A pure function.
 * @param across share of the region's width
 * @param down share of the region's height
 * @param ratio the region's width by its height, in pixels
 */
export function squeezedShare(across: number, down: number, ratio: number): number {
  return across > down ? across * Math.sqrt(ratio) : down / Math.sqrt(ratio);
}
