/** One model, loaded, on the frames of one camera: puts preprocess/, infer/ and interpret/ together for the pipeline. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Placement } from '../geometry/boxes.ts';
import type { Model } from '../models/model.ts';
import type { Frame } from './capture/frame.ts';
import type { Engine, InferenceResult, LoadedModel } from './infer/engine.ts';
import { createInterpreter } from './interpret/interpreter.ts';
import { type SplitDetections, splitByScore, weakShare } from './interpret/split-by-score.ts';
import { createModelPreprocessor } from './preprocess/model-preprocessor.ts';
import type { Tensor } from './preprocess/tensor.ts';

export interface ModelRunner {
  readonly name: string;
  /** @throws InputError when the frame can't be decoded */
  preprocess(frame: Frame): Promise<Tensor>;
  /** @throws UnavailableError when no backend answers */
  infer(tensor: Tensor): Promise<InferenceResult>;
  interpret(answer: InferenceResult, placement: Placement): SplitDetections;
  /** Resolves when no tensor of this runner is out any more. */
  idle(): Promise<void>;
}

export interface ModelRunnerParts {
  readonly model: Model;
  /** What the engine made of it; its name is the one to infer with. */
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
  readonly config: Pick<CameraConfig, 'fit' | 'minScore' | 'maxDetections'>;
}

/** @throws InputError when input, outputs or the number of labels aren't what the model's decoder wants */
export function createModelRunner({ model, loaded, engine, config }: ModelRunnerParts): ModelRunner {
  const { fit, minScore, maxDetections } = config;
  const preprocessor = createModelPreprocessor(model, loaded, fit);
  const interpret = createInterpreter({ model, loaded, minScore: weakShare * minScore, maxDetections });
  return {
    name: model.name,
    preprocess: (frame) => preprocessor.prepare(frame),
    infer: (tensor) => engine.infer(loaded.name, [tensor.bytes]),
    interpret: (answer, placement) => splitByScore(interpret(answer, placement), minScore),
    idle: () => preprocessor.idle(),
  };
}
