/** Latency of each stage of the pipeline: percentiles over the last samples, with nothing allocated per sample. */

export interface StageSummary {
  /** Samples since start. */
  readonly count: number;
  /** Percentiles over the window, in ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

export interface StageStatistics {
  /** Notes one duration. The first call for a stage makes its ring, later ones only write into it. */
  record(stage: string, durationMs: number): void;
  /** Stages in the order of their first sample. */
  snapshot(): Record<string, StageSummary>;
}

interface Ring {
  readonly samplesMs: Float64Array;
  count: number;
}

/** @param windowSize number of latest samples of a stage that the percentiles are taken over */
export function createStageStatistics({ windowSize = 512 }: { windowSize?: number } = {}): StageStatistics {
  const rings = new Map<string, Ring>();
  const sorted = new Float64Array(windowSize);
  return {
    record: (stage, durationMs) => {
      let ring = rings.get(stage);
      if (ring === undefined) {
        ring = { samplesMs: new Float64Array(windowSize), count: 0 };
        rings.set(stage, ring);
      }
      ring.samplesMs[ring.count % windowSize] = durationMs;
      ring.count += 1;
    },
    snapshot: () =>
      Object.fromEntries(
        [...rings].map(([stage, { samplesMs, count }]) => {
          const window = sorted.subarray(0, Math.min(count, windowSize));
          window.set(samplesMs.subarray(0, window.length));
          window.sort();
          return [
            stage,
            {
              count,
              p50Ms: rounded(percentile(window, 0.5)),
              p95Ms: rounded(percentile(window, 0.95)),
              maxMs: rounded(percentile(window, 1)),
            },
          ];
        }),
      ),
  };
}

/**
 * Nearest-rank percentile: the smallest sample that at least the share of all samples doesn't exceed.
 * @param sorted ascending, not empty
 * @param share above 0, at most 1
 */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
