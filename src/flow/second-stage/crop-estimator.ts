/** One second-stage model, loaded: cuts a box out of a frame, looks at it, and says what it estimates. */

import type { SecondStageModelConfig } from '../../config/second-stage-section.ts';
import type { Box } from '../../geometry/boxes.ts';
import type { Model } from '../../models/model.ts';
import type { Frame } from '../capture/frame.ts';
import type { Engine, LoadedModel } from '../infer/engine.ts';
import type { Estimate } from '../interpret/detection.ts';
import { createEstimator } from '../interpret/estimator.ts';
import { squareAround, upright } from '../preprocess/geometry.ts';
import { createModelPreprocessor } from '../preprocess/model-preprocessor.ts';
import type { Tensor } from '../preprocess/tensor.ts';

export interface CropEstimatorParts {
  readonly config: SecondStageModelConfig;
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
}

export interface CropEstimator {
  readonly config: SecondStageModelConfig;
  readonly model: Model;
  readonly loaded: LoadedModel;
  /** Longer side of the model's input, in pixels: smaller crops hold less than it could see. */
  readonly sidePx: number;
  /** The square around a box as a tensor; the frame is not read after it resolved. @throws InputError when it can't be decoded */
  cut(frame: Frame, box: Box): Promise<Tensor>;
  /**
   * Releases the tensor.
   * @param spent hears what the inference took, ms, without the wait for its turn
   * @throws UnavailableError when no backend answers
   */
  estimate(crop: Tensor, spent?: (ms: number) => void): Promise<Estimate[]>;
  /** Resolves when no crop is being cut or looked at. */
  idle(): Promise<void>;
}

/** @throws InputError when the model takes no pictures, finds boxes, or its labels don't fit */
export function createCropEstimator({ config, model, loaded, engine }: CropEstimatorParts): CropEstimator {
  const input = loaded.inputs[0]!;
  const preprocessor = createModelPreprocessor(model, loaded);
  const read = createEstimator({ model, loaded, name: config.name ?? model.name });
  return {
    config,
    model,
    loaded,
    sidePx: Math.max(input.shape[1]!, input.shape[2]!),
    cut: (frame, box) =>
      preprocessor.prepare(frame, squareAround(box, upright(frame, frame.rotationDeg), config.margin)),
    estimate: async (crop, spent) => {
      try {
        const answer = await engine.infer(loaded.name, [crop.bytes]);
        spent?.(answer.roundTripMs);
        return read(answer);
      } finally {
        crop.release();
      }
    },
    idle: () => preprocessor.idle(),
  };
}

/** Whether a stage looks at detections with this label. */
export function looksAt({ labels }: Pick<SecondStageModelConfig, 'labels'>, label: string): boolean {
  return labels.length === 0 || labels.includes(label);
}
