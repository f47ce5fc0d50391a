/** Bench: the way of one camera's frames, put together of the parts that the agent uses, with what the model sees given. */
import type { CameraConfig } from '../../../config/camera-section.ts';
import type { Frame } from '../../../flow/capture/frame.ts';
import { createGateWatch } from '../../../flow/gate-watch.ts';
import { InferenceBudget } from '../../../flow/inference-budget.ts';
import type { Detection, Detections } from '../../../flow/interpret/detection.ts';
import { weakShare } from '../../../flow/interpret/split-by-score.ts';
import type { LookResult } from '../../../flow/merge/look-result.ts';
import type { ModelRunner } from '../../../flow/model-runner.ts';
import { brightnessOf } from '../../../flow/preprocess/brightness.ts';
import { createRegionWatch } from '../../../flow/region-watch.ts';
import { fractionsOf, inferencesOf, type PixelArea, type Region } from '../../../flow/regions/region.ts';
import { createTracker } from '../../../flow/track/create-tracker.ts';
import { createEventIds } from '../../../flow/track/event-ids.ts';
import type { Box } from '../../../geometry/boxes.ts';
import { Health } from '../../../system/service/health.ts';
import type { Look } from './looks.ts';
import type { Labelled } from './matches.ts';

export interface WatchOptions {
  /** With regions, or with `regions.mode` off. */
  readonly camera: CameraConfig;
  /** Labels to follow. */
  readonly labels: readonly string[];
  readonly look: Look;
  readonly runner: Pick<ModelRunner, 'gather'>;
}

export interface Watched {
  /** Found, and held where nobody looked. */
  readonly told: readonly Labelled[];
  /** Empty: the gate held the frame back. */
  readonly regions: readonly Region[];
  readonly planMs: number;
  /** What each look showed. */
  readonly looks: readonly LookResult[];
}

/** A machine that is quick enough for all inferences that the configuration allows. */
const quickMs = 1;

/** @returns what is told of each frame, one after the other */
export function createWatch({ camera: config, labels, look, runner }: WatchOptions) {
  const camera = 'bench';
  const gate = createGateWatch({ camera, config, health: new Health() });
  const budget = new InferenceBudget();
  budget.took(camera, { ms: quickMs, inferences: 1 });
  const planner = createRegionWatch({ camera, config, budget, labels: () => labels });
  const tracker = createTracker({ camera, labels, config, scoreMarks: [], newId: createEventIds() });
  let last: readonly Labelled[] = [];
  return async (frame: Frame): Promise<Watched> => {
    const admission = await gate.admits(frame);
    if (!admission.admitted) {
      tracker.still(frame);
      return { told: last, regions: [], planMs: 0, looks: [] };
    }
    const fromMs = performance.now();
    const isOff = config.regions.mode === 'off';
    const regions: Region[] = isOff
      ? [{ ...wholeOf(frame), reason: 'whole' }]
      : planner.plan(frame, admission, tracker.expected(frame.monotonicMs));
    const planMs = performance.now() - fromMs;
    await admission.learn?.();
    const answers: (Omit<LookResult, 'area'> & Partial<Pick<LookResult, 'area'>>)[] = [];
    const inferences = inferencesOf(regions);
    for (const inference of inferences) {
      const found = await look(frame, ...(inference as [Region] | [Region, Region]));
      inference.forEach((region, at) => {
        const detections = found[at]!.filter(({ score }) => score >= weakShare * config.minScore);
        answers.push({ detections, ...(isOff ? {} : { area: fractionsOf(region, frame), half: region.half }) });
      });
    }
    const found = { ...factsOf(frame), ...runner.gather(answers) };
    const seen: Detections = isOff
      ? found
      : {
          ...found,
          regions: regions.map((region) => ({
            box: fractionsOf(region, frame),
            reason: region.reason,
            half: region.half,
          })),
          ...(admission.motion === undefined || admission.motion.all ? {} : { moving: admission.motion.boxes }),
        };
    planner.seen(seen, quickMs * inferences.length);
    const { held = [], pieces = [] } = tracker.update(seen, brightnessOf(frame));
    const shown = seen.detections.filter(
      (one, at): one is Detection & { readonly box: Box } =>
        one.box !== undefined && labels.includes(one.label) && !pieces.includes(at),
    );
    last = [...shown, ...held];
    const looks = answers.map(({ area = [0, 0, 1, 1], ...answer }) => ({ ...answer, area }));
    return { told: last, regions, planMs, looks };
  };
}

/** The same camera with regions and without. */
export function bothWays(camera: CameraConfig): CameraConfig[] {
  return (['auto', 'off'] as const).map((mode) => ({ ...camera, regions: { ...camera.regions, mode } }));
}

function factsOf({ camera, sequence, capturedAtMs, monotonicMs, widthPx, heightPx }: Frame) {
  return {
    camera,
    frameSequence: sequence,
    capturedAtMs,
    monotonicMs,
    frameWidthPx: widthPx,
    frameHeightPx: heightPx,
    model: camera,
    modelSha256: '',
    backend: 'xnnpack',
    latencyMs: { preprocess: 0, infer: 0, invoke: 0, interpret: 0 },
  } as const;
}

export function wholeOf({ widthPx, heightPx }: Frame): PixelArea {
  return { leftPx: 0, topPx: 0, widthPx, heightPx };
}
