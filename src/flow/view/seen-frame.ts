/** What was seen in one frame, as it is drawn over the picture. */
import type { Box } from '../../geometry/boxes.ts';
import type { Frame } from '../capture/frame.ts';
import type { Detection, Detections } from '../interpret/detection.ts';
import type { TrackedDetection } from '../track/event.ts';
import type { SeenFrame } from './seen.ts';

export function seenFrame(seen: Detections, tracked: readonly TrackedDetection[]): SeenFrame {
  const tracks = new Map(tracked.map(({ id, detection }) => [detection, id]));
  const { capturedAtMs, frameSequence, backend, model, latencyMs, detections } = seen;
  const { regions, moving, held = [], pieces = [], weak = [] } = seen;
  return {
    time: new Date(capturedAtMs).toISOString(),
    frame: frameSequence,
    backend,
    model,
    latencyMs: Object.fromEntries(Object.entries(latencyMs).map(([stage, ms]) => [stage, rounded(ms, 1)])),
    detections: [
      ...detections.flatMap(({ label, score, box }, at) => {
        const track = tracks.get(at);
        if (pieces.includes(at)) return [];
        return {
          label,
          score: rounded(score, 3),
          ...(box === undefined ? {} : { box: roundedBox(box) }),
          ...(track === undefined ? {} : { track }),
        };
      }),
      ...held.map(({ id, label, score, box }) => ({
        ...{ label, score: rounded(score, 3), box: roundedBox(box) },
        ...{ track: id, held: true as const },
      })),
    ],
    ...(weak.length === 0 ? {} : { weak: weak.slice(0, mostWeak).map(weakDetection) }),
    ...(regions === undefined ? {} : { regions: regions.map(({ box, reason }) => ({ box: roundedBox(box), reason })) }),
    ...(moving === undefined ? {} : { motion: moving.map(roundedBox) }),
  };
}

/** Best first, so the rest are the weakest. */
const mostWeak = 20;

function weakDetection({ label, score, box }: Detection): { label: string; score: number; box?: Box } {
  return { label, score: rounded(score, 3), ...(box === undefined ? {} : { box: roundedBox(box) }) };
}

export function stillFrame({ capturedAtMs, sequence }: Frame): SeenFrame {
  return { time: new Date(capturedAtMs).toISOString(), frame: sequence, still: true, detections: [] };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function roundedBox([x1, y1, x2, y2]: Box): Box {
  return [rounded(x1, 4), rounded(y1, 4), rounded(x2, 4), rounded(y2, 4)];
}
