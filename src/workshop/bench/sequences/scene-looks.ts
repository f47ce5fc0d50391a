/** Bench: how many inferences a scene takes, behind the gate and without it, looked at whole and in regions. */
import { configSchema } from '../../../config/schema.ts';
import type { Frame } from '../../../flow/capture/frame.ts';
import type { Admission } from '../../../flow/gate/admission.ts';
import { InferenceBudget } from '../../../flow/inference-budget.ts';
import type { Detection, Detections } from '../../../flow/interpret/detection.ts';
import { createRegionWatch } from '../../../flow/region-watch.ts';
import { fractionsOf, inferencesOf, type Region } from '../../../flow/regions/region.ts';
import { createTracker } from '../../../flow/track/create-tracker.ts';
import { createEventIds } from '../../../flow/track/event-ids.ts';
import { area, type Box, intersection } from '../../../geometry/boxes.ts';

/** What a frame shows, as a model would find it where it looks. */
export interface Shown {
  readonly label: string;
  readonly box: Box;
}

/** A machine that is quick enough for all inferences that the configuration allows. */
const quickMs = 1;
/** A region shows what lies in it so much. */
const inRegion = 0.9;

/** @returns what takes the frames of one scene in order, and tells how many inferences each takes; 0: held back */
export function createSceneLooks(): (frame: Frame, admission: Admission, shown: readonly Shown[]) => number {
  const config = configSchema.parse({}).cameras['camera']!;
  const camera = 'bench';
  const budget = new InferenceBudget();
  budget.took(camera, { ms: quickMs, inferences: 1 });
  const regions = createRegionWatch({ camera, config, budget, labels: () => [] });
  const tracker = createTracker({ camera, labels: [], config, scoreMarks: [], newId: createEventIds() });
  return (frame, admission, shown) => {
    if (!admission.admitted) {
      tracker.still(frame);
      return 0;
    }
    const planned = regions.plan(frame, admission, tracker.expected(frame.monotonicMs));
    const seen = seenIn(frame, planned, shown, admission.motion);
    const inferences = inferencesOf(planned).length;
    regions.seen(seen, quickMs * inferences);
    tracker.update(seen);
    return inferences;
  };
}

function seenIn(
  frame: Frame,
  regions: readonly Region[],
  shown: readonly Shown[],
  motion: Admission['motion'],
): Detections {
  const { camera, sequence, capturedAtMs, monotonicMs, widthPx, heightPx } = frame;
  const boxes = regions.map((region) => fractionsOf(region, frame));
  const detections = shown.flatMap(({ label, box }): Detection[] => {
    const seenIn = [...boxes.keys()].filter((at) => intersection(boxes[at]!, box) >= inRegion * area(box));
    return seenIn.length === 0 ? [] : [{ label, score: 0.8, box, seenIn }];
  });
  return {
    ...{ camera, frameSequence: sequence, capturedAtMs, monotonicMs },
    ...{ frameWidthPx: widthPx, frameHeightPx: heightPx, model: camera, modelSha256: '', backend: 'xnnpack' },
    latencyMs: { preprocess: 0, infer: 0, invoke: 0, interpret: 0 },
    detections,
    regions: boxes.map((box, at) => ({ box, reason: regions[at]!.reason, half: regions[at]!.half })),
    ...(motion === undefined || motion.all ? {} : { moving: motion.boxes }),
  };
}
