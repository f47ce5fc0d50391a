/** What was seen in one frame, as it is drawn over the picture: written as JSON beside it. */
import type { Box } from '../../geometry/boxes.ts';
import type { Frame } from '../capture/frame.ts';
import type { Detections } from '../interpret/detection.ts';
import type { TrackedDetection } from '../track/event.ts';

export interface SeenFrame {
  /** ISO 8601. */
  readonly time: string;
  readonly frame: number;
  /** Nothing moved, and the frame was not looked at. */
  readonly still?: true;
  readonly backend?: string;
  readonly model?: string;
  readonly latencyMs?: Readonly<Record<string, number>>;
  readonly detections: readonly {
    readonly label: string;
    readonly score: number;
    readonly box?: Box;
    /** Id of the event that it belongs to. */
    readonly track?: string;
  }[];
  /** Where was looked, and why. */
  readonly regions?: readonly { readonly box: Box; readonly reason: string }[];
  /** Where something moved. */
  readonly motion?: readonly Box[];
}

export function seenFrame(seen: Detections, tracked: readonly TrackedDetection[]): SeenFrame {
  const tracks = new Map(tracked.map(({ id, detection }) => [detection, id]));
  const { capturedAtMs, frameSequence, backend, model, latencyMs, detections } = seen;
  return {
    time: new Date(capturedAtMs).toISOString(),
    frame: frameSequence,
    backend,
    model,
    latencyMs: Object.fromEntries(Object.entries(latencyMs).map(([stage, ms]) => [stage, rounded(ms, 1)])),
    detections: detections.map(({ label, score, box }, at) => {
      const track = tracks.get(at);
      return {
        label,
        score: rounded(score, 3),
        ...(box === undefined ? {} : { box: box.map((side) => rounded(side, 4)) as unknown as Box }),
        ...(track === undefined ? {} : { track }),
      };
    }),
  };
}

export function stillFrame({ capturedAtMs, sequence }: Frame): SeenFrame {
  return { time: new Date(capturedAtMs).toISOString(), frame: sequence, still: true, detections: [] };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
