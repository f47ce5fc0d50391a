/** Which per-frame detections go out: all, only changes, none; and never more than a rate per camera. */
import type { PublishConfig } from '../../config/schema.ts';
import type { Detections } from '../interpret/detection.ts';

export interface DetectionsGate {
  /** True when these detections are to be published. Call it for every inference, in order. */
  admits(seen: Detections): boolean;
}

interface Told {
  /** Earliest time of the next message, on the clock of the frames. */
  readonly dueMs: number;
  readonly labels: string;
}

/** A message may come this part of its interval early, so that a camera at just the maximum rate loses none to jitter. */
const slack = 0.25;

/** @returns a gate with the frames' own monotonic times as its clock: over any span the rate is kept on average */
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
      if (last && seen.monotonicMs < last.dueMs) return false;
      const labels = labelsOf(seen);
      // A change that comes too soon is not lost: it is still a change when the time is over.
      if (detections === 'changed' && last?.labels === labels) return false;
      const latestMs = seen.monotonicMs - slack * intervalMs;
      lastTold.set(seen.camera, { dueMs: Math.max(last?.dueMs ?? latestMs, latestMs) + intervalMs, labels });
      return true;
    },
  };
}

/** Labels with their number, in any order the same: whether a thing was looked at just now is no change of it. */
function labelsOf({ detections, held = [], pieces = [] }: Detections): string {
  return [...detections.filter((_, at) => !pieces.includes(at)), ...held]
    .map(({ label }) => label)
    .sort()
    .join('\n');
}
