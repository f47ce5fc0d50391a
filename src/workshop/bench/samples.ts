/** Samples of one measured quantity and their summary. */
import { percentile } from '../../system/measure/stage-statistics.ts';

export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
}

/** Median and 95th percentile, nearest rank. Throws RangeError for no samples. */
export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = Float64Array.from(samples).sort();
  return { count: samples.length, median: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}
