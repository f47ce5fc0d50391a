/** Which pixels of a row or column count how much for each pixel of a larger or smaller one. */
import { evenlySpread } from './sample-positions.ts';

/** Weights of an axis add up to this: two axes, then 8 bits are left of a sum of 24. */
export const one = 256;
/** From this ratio on samples are averaged; below it the two that lie next are interpolated. */
const leastShrinking = 2;

export interface Axis {
  /** Samples for each target position, at least two. */
  readonly tapCount: number;
  /** Of the samples, in bytes. */
  readonly positions: Int32Array;
  readonly weights: Int32Array;
}

/**
 * Weighted samples for `target` pixels out of `length` source pixels from `from` on.
 * @param step bytes from one source pixel to the next
 */
export function axisOf(target: number, { from, length, step }: { from: number; length: number; step: number }): Axis {
  const ratio = length / target;
  if (ratio < leastShrinking) return interpolated(target, { from, length, step });
  const { tapCount, positions } = evenlySpread(target, { from, length, extent: from + length });
  // What doesn't divide evenly goes to the first ones, so that plain white stays white.
  const weightOf = (tap: number) => Math.floor(one / tapCount) + (tap < one % tapCount ? 1 : 0);
  return {
    tapCount,
    positions: positions.map((position) => position * step),
    weights: Int32Array.from(positions, (_, index) => weightOf(index % tapCount)),
  };
}

/** The two samples whose centres lie around that of each target position; at the region's edge its last one counts for both. */
function interpolated(target: number, { from, length, step }: { from: number; length: number; step: number }): Axis {
  const ratio = length / target;
  const positions = new Int32Array(2 * target);
  const weights = new Int32Array(2 * target);
  for (let at = 0; at < target; at++) {
    const centre = Math.min(length - 1, Math.max(0, (at + 0.5) * ratio - 0.5));
    const near = Math.floor(centre);
    const farWeight = Math.round((centre - near) * one);
    positions[2 * at] = (from + near) * step;
    // A sample without weight is the other one, which isn't scaled for nothing.
    positions[2 * at + 1] = (from + (farWeight === 0 ? near : near + 1)) * step;
    weights[2 * at] = one - farWeight;
    weights[2 * at + 1] = farWeight;
  }
  return { tapCount: 2, positions, weights };
}
