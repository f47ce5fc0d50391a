/** Which pixels of a row or column are read for each pixel of a smaller one. */

/** At most this many samples a side are averaged per pixel: enough for a 4-fold reduction without aliasing. */
const mostTaps = 4;

export interface SamplePositions {
  readonly tapCount: number;
  /** tapCount source positions for each target position. */
  readonly positions: Int32Array;
  /** The source position at the middle of each target position. */
  readonly centres: Int32Array;
}

export interface SampledPart {
  readonly from: number;
  readonly length: number;
  /** Positions end before it. */
  readonly extent: number;
}

/** Evenly spread source positions below each target position: `length` of the axis from `from` on. */
export function evenlySpread(target: number, { from, length, extent }: SampledPart): SamplePositions {
  const ratio = length / target;
  const tapCount = Math.min(mostTaps, Math.max(1, Math.round(ratio)));
  const clamp = (position: number) => Math.min(extent - 1, Math.max(0, from + Math.floor(position)));
  return {
    tapCount,
    positions: Int32Array.from({ length: target * tapCount }, (_, index) => {
      const tap = index % tapCount;
      return clamp(((index - tap) / tapCount + (tap + 0.5) / tapCount) * ratio);
    }),
    centres: Int32Array.from({ length: target }, (_, index) => clamp((index + 0.5) * ratio)),
  };
}
