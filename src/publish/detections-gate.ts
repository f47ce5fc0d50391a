/** Which per-frame detections go out: all, only changes, none; and never more than a rate per camera. */
import type { PublishConfig } from '../config/schema.ts';
import type { Detections } from '../interpret/detection.ts';

export interface DetectionsGate {
  /** True when these detections are to be published. Call it for every inference, in order. */
  admits(seen: Detections): boolean;
}

interface Told {
  readonly atMs: number;
  readonly labels: string;
}

export function createDetectionsGate({
  detections,
  maxPerSecond,
}: Pick<PublishConfig, 'detections' | 'maxPerSecond'>): DetectionsGate {
  const lastTold = new Map<string, Told>();
  const intervalMs = 1000 / maxPerSecond;
  return {
    admits: (seen) => {
      if (detections === 'off') return false;
      const last = lastTold.get(seen.camera);
      if (last && seen.monotonicMs - last.atMs < intervalMs) return false;
      const labels = labelsOf(seen);
      // A change that comes too soon is not lost: it is still a change when the time is over.
      if (detections === 'changed' && last?.labels === labels) return false;
      lastTold.set(seen.camera, { atMs: seen.monotonicMs, labels });
      return true;
    },
  };
}

/** Labels with their number, in any order of detections the same. */
function labelsOf({ detections }: Detections): string {
  return detections
    .map(({ label }) => label)
    .sort()
    .join('\n');
}
