/** Ranges of activations: from the values of each photo, to one range per value. */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** `minmax`: the widest of all photos; `average`: the mean of each photo's; `percentile`: the mean without the outermost values. */
export const rangeMethods = ['average', 'minmax', 'percentile'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** How many of 10,000 values `percentile` leaves out at each end. */
const leftOut = 1;
const bins = 4096;

/** The range of one photo. */
export function rangeOf(data: Float32Array, method: RangeMethod): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return method === 'percentile' ? trimmed(data, { low, high }) : { low, high };
}

/** Cuts off the outermost values, to the precision of a histogram. */
function trimmed(data: Float32Array, { low, high }: Range): Range {
  const width = (high - low) / bins;
  if (!(width > 0)) return { low, high };
  const counts = new Uint32Array(bins);
  for (const value of data) counts[Math.min(bins - 1, Math.floor((value - low) / width))]! += 1;
  const limit = (data.length * leftOut) / 10_000;
  const edge = (order: Iterable<number>): number => {
    let sum = 0;
    for (const bin of order) {
      sum += counts[bin]!;
      if (sum > limit) return bin;
    }
    return 0;
  };
  const first = edge(counts.keys());
  const last = edge(Array.from(counts.keys()).reverse());
  return { low: low + first * width, high: low + (last + 1) * width };
}

/** One range of those of all photos; it always holds 0, so that padding and ReLUs are exact. */
export function joinRanges(ranges: readonly Range[], method: RangeMethod): Range {
  const join = (pick: (range: Range) => number, widest: (...numbers: number[]) => number): number =>
    method === 'minmax'
      ? widest(...ranges.map(pick))
      : ranges.reduce((sum, range) => sum + pick(range), 0) / ranges.length;
  return {
    low: Math.min(
      0,
      join(({ low }) => low, Math.min),
    ),
    high: Math.max(
      0,
      join(({ high }) => high, Math.max),
    ),
  };
}
