/** Bench: what the whole tracker, with zones and events, costs for twenty objects that walk through each other. */
import { configSchema } from '../../../config/schema.ts';
import type { Detection, Detections } from '../../../flow/interpret/detection.ts';
import { createTracker } from '../../../flow/track/create-tracker.ts';
import { createEventIds } from '../../../flow/track/event-ids.ts';
import type { Box } from '../../../geometry/boxes.ts';
import { type Summary, summarise } from '../samples.ts';

const objects = 20;
const warmUp = 300;
const looks = 2000;
const intervalMs = 100;

/** Time of one call of update(), ms. */
export function measureTrackerTime(): { readonly objects: number; readonly updateMs: Summary } {
  const camera = configSchema.parse({
    cameras: {
      bench: {
        zones: {
          left: {
            points: [
              [0, 0],
              [0.5, 0],
              [0.5, 1],
              [0, 1],
            ],
          },
        },
      },
    },
  }).cameras['bench']!;
  const tracker = createTracker({
    camera: 'bench',
    labels: [],
    config: camera,
    scoreMarks: [0.5],
    newId: createEventIds(),
  });
  const samples: number[] = [];
  for (let look = 0; look < warmUp + looks; look++) {
    const seen = looking(look);
    const startMs = performance.now();
    tracker.update(seen);
    if (look >= warmUp) samples.push(performance.now() - startMs);
  }
  return { objects, updateMs: summarise(samples) };
}

function looking(look: number): Detections {
  const detections = Array.from({ length: objects }, (_, at): Detection => {
    const x = 0.5 + 0.4 * Math.sin(look / 40 + at);
    const y = 0.3 + 0.03 * at;
    const box: Box = [x - 0.04, y - 0.1, x + 0.04, y + 0.1];
    return { label: 'person', score: 0.7, box };
  });
  return {
    camera: 'bench',
    frameSequence: look,
    capturedAtMs: look * intervalMs,
    monotonicMs: look * intervalMs,
    frameWidthPx: 640,
    frameHeightPx: 480,
    model: 'bench',
    modelSha256: '',
    backend: 'cpu',
    latencyMs: { preprocess: 0, infer: 0, invoke: 0, interpret: 0 },
    detections,
  };
}
