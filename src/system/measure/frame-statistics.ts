/** Frames of one camera: how many, how many were dropped, and at which rate they get through. */

export interface FrameSummary {
  readonly framesTotal: number;
  readonly droppedTotal: number;
  /** Over the window; absent until two frames came, and when the last one is older than the window. */
  readonly framesPerSecond?: number;
}

export interface FrameStatistics {
  /** One frame went through the pipeline. Allocates nothing. */
  frame(): void;
  /** Frames that a newer one replaced, or that found no free buffer. */
  dropped(count?: number): void;
  snapshot(): FrameSummary;
}

/** @param windowMs the rate is taken over the frames of this last time, 64 at most */
export function createFrameStatistics({
  windowMs = 10_000,
  now = () => performance.now(),
}: {
  windowMs?: number;
  now?: () => number;
} = {}): FrameStatistics {
  const times = new Float64Array(64);
  let framesTotal = 0;
  let droppedTotal = 0;
  return {
    frame: () => {
      times[framesTotal % times.length] = now();
      framesTotal += 1;
    },
    dropped: (count = 1) => {
      droppedTotal += count;
    },
    snapshot: () => {
      const from = now() - windowMs;
      const kept = Math.min(framesTotal, times.length);
      let inWindow = 0;
      while (inWindow < kept && times[(framesTotal - 1 - inWindow) % times.length]! >= from) inWindow += 1;
      if (inWindow < 2) return { framesTotal, droppedTotal };
      const newest = times[(framesTotal - 1) % times.length]!;
      const oldest = times[(framesTotal - inWindow) % times.length]!;
      if (newest <= oldest) return { framesTotal, droppedTotal };
      const rate = ((inWindow - 1) * 1000) / (newest - oldest);
      return { framesTotal, droppedTotal, framesPerSecond: Math.round(rate * 100) / 100 };
    },
  };
}
