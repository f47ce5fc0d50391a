/** One model, loaded, on the frames of one camera: puts preprocess/, infer/, interpret/ and merge/ together for the pipeline. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Box } from '../geometry/boxes.ts';
import { type Decoder, isDetector, type Model } from '../models/model.ts';
import type { Frame } from './capture/frame.ts';
import type { Engine, InferenceResult, LoadedModel } from './infer/engine.ts';
import type { Detection, Detections, LookedAt } from './interpret/detection.ts';
import { interpretRegions } from './interpret/input-halves.ts';
import { createInterpreter } from './interpret/interpreter.ts';
import { type SplitDetections, splitByScore, weakShare } from './interpret/split-by-score.ts';
import { mergeLooks } from './merge/merge.ts';
import type { DecodedFrame } from './preprocess/decoded-frame.ts';
import { createModelPreprocessor } from './preprocess/model-preprocessor.ts';
import type { Tensor } from './preprocess/tensor.ts';
import type { PixelArea } from './regions/region.ts';

/** What one inference found in the frame, or in one of the two regions that shared it. */
export interface Answer extends Pick<LookedAt, 'half'> {
  /** The part of the frame that it was asked about, in fractions; absent: the whole frame was asked about at once, as ever. */
  readonly area?: Box;
  /** Weak ones among them. */
  readonly detections: readonly Detection[];
}

export interface ModelRunner {
  readonly name: string;
  /** Does it find small things better in parts of a frame? */
  readonly takesRegions: boolean;
  /**
   * @param areas pixels of the upright frame: one that fills the model's input, or two that share it; absent: all of it, fitted as the model
   * wants it
   * @throws InputError when the frame can't be decoded
   */
  preprocess(frame: Frame | DecodedFrame, ...areas: readonly PixelArea[]): Promise<Tensor>;
  /** @throws UnavailableError when no backend answers */
  infer(tensor: Tensor): Promise<InferenceResult>;
  /** With weak ones, boxes in fractions of the frame, for each region that the tensor shows. */
  interpret(answer: InferenceResult, tensor: Pick<Tensor, 'placement' | 'below'>): readonly (readonly Detection[])[];
  /** All answers for one frame as what is in it. */
  gather(answers: readonly Answer[]): SplitDetections & Pick<Detections, 'doubles'>;
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
    takesRegions: takesRegions(model.decoder),
    preprocess: (frame, ...[area, below]) => preprocessor.prepare(frame, area, below),
    infer: (tensor) => engine.infer(loaded.name, [tensor.bytes]),
    interpret: (answer, tensor) => interpretRegions(interpret, answer, tensor),
    gather: (answers) => {
      const looks = answers.flatMap(({ area, ...rest }) => (area === undefined ? [] : [{ area, ...rest }]));
      if (looks.length === 0)
        return splitByScore(
          answers.flatMap(({ detections }) => detections),
          minScore,
        );
      const { detections, doubles } = mergeLooks(looks, { minScore });
      return {
        ...splitByScore(detections.slice(0, maxDetections), minScore),
        doubles: doubles.slice(0, maxDetections),
      };
    },
    idle: () => preprocessor.idle(),
  };
}

/** FOMO tells cells of a fixed size, not outlines: a smaller region would only make them smaller. */
export function takesRegions(decoder: Decoder): boolean {
  return isDetector(decoder) && decoder !== 'fomo';
}
