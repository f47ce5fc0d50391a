/** The second stage of `goby detect`: every detection of a photo, cut out and looked at by further models. */

import type { LoadedConfig } from '../../config/load.ts';
import { secondStageSection } from '../../config/second-stage-section.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import type { Detection, Estimate } from '../../flow/interpret/detection.ts';
import { type CropEstimator, createCropEstimator, looksAt } from '../../flow/second-stage/crop-estimator.ts';
import { resolveModel } from '../../models/resolve.ts';

/** `[LABEL=]MODEL` as it stands on the command line; a label may not hold a slash, so paths with = in them stay paths. */
export interface WantedStage {
  readonly label: string | undefined;
  readonly model: string;
}

export function parseStage(text: string): WantedStage {
  const [, label, model] = /^([^=/]+)=(.+)$/.exec(text) ?? [];
  return { label, model: model ?? text };
}

/** @throws GobyError when a model can't be used on crops */
export async function loadStages(
  wanted: readonly WantedStage[],
  { loaded, engine, edgetpu }: { loaded: LoadedConfig; engine: Engine; edgetpu: boolean },
): Promise<CropEstimator[]> {
  const { config, places } = loaded;
  const stages: CropEstimator[] = [];
  for (const { label, model: name } of wanted) {
    const model = await resolveModel({ name, config: config.models, places, edgetpu });
    const section = secondStageSection.parse({ models: [{ model: name, labels: label === undefined ? [] : [label] }] });
    stages.push(
      createCropEstimator({ config: section.models[0]!, model, loaded: await engine.load(model.pair), engine }),
    );
  }
  return stages;
}

/** Looks at every box, one inference after the other. */
export async function estimateAll(
  frame: Frame,
  detections: readonly Detection[],
  stages: readonly CropEstimator[],
): Promise<Detection[]> {
  const told: Detection[] = [];
  for (const detection of detections) {
    const estimates: Estimate[] = [];
    for (const { config, cut, estimate } of stages) {
      if (detection.box === undefined || !looksAt(config, detection.label)) continue;
      estimates.push(...(await estimate(await cut(frame, detection.box))));
    }
    told.push(estimates.length === 0 ? detection : { ...detection, estimates });
  }
  return told;
}
