/** The models that one camera works with, and how they are changed while it runs. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Model } from '../models/model.ts';
import type { LoadedModel } from './infer/engine.ts';
import type { CropEstimator } from './second-stage/crop-estimator.ts';

/** What one camera starts with. */
export interface CameraModels {
  readonly model: Model;
  readonly loaded: LoadedModel;
  /** One for each of secondStage.models. */
  readonly estimators: readonly CropEstimator[];
}

/** A camera as the swap of a model sees it. */
export interface ModelUser {
  readonly name: string;
  /**
   * Makes everything ready for another model of the frames.
   * @returns switches over between two frames; its promise settles when the old model is asked nothing any more
   * @throws InputError when the model doesn't fit
   */
  fitModel(model: Model, loaded: LoadedModel): () => Promise<void>;
  /** The same for a model of the second stage. */
  fitEstimator(position: number, estimator: CropEstimator): () => Promise<void>;
}

/** Where cameras get their models from. */
export interface CameraModelSource {
  /** @throws GobyError when a model can't be used where the configuration names it */
  forCamera(camera: string, config: CameraConfig): Promise<CameraModels>;
  /** From now on the models of this camera may be changed. */
  attach(user: ModelUser, models: CameraModels): void;
}
