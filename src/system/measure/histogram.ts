/** A histogram of durations with fixed bounds: how often, how long in all, and how many up to each bound. Nothing is allocated per sample. */

/** Upper bounds in seconds: from a Coral's 2 ms to a heavy model on a Zero 2 W. */
export const inferenceBoundsSeconds = [
  0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
] as const;

export interface HistogramSnapshot {
  /** Samples up to each bound, cumulative. */
  readonly buckets: readonly { readonly upToSeconds: number; readonly count: number }[];
  readonly count: number;
  readonly sumSeconds: number;
}

export interface Histogram {
  observe(seconds: number): void;
  snapshot(): HistogramSnapshot;
}

export function createHistogram(boundsSeconds: readonly number[] = inferenceBoundsSeconds): Histogram {
  const counts = new Float64Array(boundsSeconds.length + 1);
  let sumSeconds = 0;
  return {
    observe: (seconds) => {
      sumSeconds += seconds;
      let at = 0;
      while (at < boundsSeconds.length && seconds > boundsSeconds[at]!) at += 1;
      counts[at]! += 1;
    },
    snapshot: () => {
      let count = 0;
      const buckets = boundsSeconds.map((upToSeconds, at) => {
        count += counts[at]!;
        return { upToSeconds, count };
      });
      return { buckets, count: count + counts[boundsSeconds.length]!, sumSeconds };
    },
  };
}
