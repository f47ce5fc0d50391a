/** One model, loaded, on the frames of one camera: puts preprocess/, infer/ and interpret/ together for the pipeline. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Model } from '../models/model.ts';
import type { Engine, LoadedModel } from './infer/engine.ts';
import { createInterpreter } from './interpret/interpreter.ts';
import type { ModelRunner } from './pipeline.ts';
import { createModelPreprocessor } from './preprocess/model-preprocessor.ts';

export interface ModelRunnerParts {
  readonly model: Model;
  /** What the engine made of it; its name is the one to infer with. */
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
  readonly config: Pick<CameraConfig, 'fit' | 'minScore' | 'maxDetections'>;
}

/** Detections with this share of the minimum score still carry on what the tracker knows already. */
const weakShare = 0.5;

/** @throws InputError when input, outputs or the number of labels aren't what the model's decoder wants */
export function createModelRunner({ model, loaded, engine, config }: ModelRunnerParts): ModelRunner {
  const { fit, minScore, maxDetections } = config;
  const preprocessor = createModelPreprocessor(model, loaded, fit);
  return {
    name: model.name,
    prepare: (frame) => preprocessor.prepare(frame),
    infer: (tensor) => engine.infer(loaded.name, [tensor.bytes]),
    minScore,
    interpret: createInterpreter({ model, loaded, minScore: weakShare * minScore, maxDetections }),
    idle: () => preprocessor.idle(),
  };
}
