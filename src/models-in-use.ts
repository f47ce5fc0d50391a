/** The models that cameras and their second stages use: found, loaded, and fitted to each other. */
import type { CameraConfig } from './config/camera-section.ts';
import type { LoadedConfig } from './config/load.ts';
import { ConfigError } from './errors.ts';
import type { Engine, LoadedModel } from './infer/engine.ts';
import type { Model } from './models/model.ts';
import { resolveModel } from './models/resolve.ts';
import { nearNames } from './near-names.ts';
import { type CropEstimator, createCropEstimator } from './second-stage/crop-estimator.ts';

/** What is asked of the engine. */
export type ModelEngine = Pick<Engine, 'load' | 'infer'>;

export interface ModelsInUseParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly engine: ModelEngine;
  /** Whether an Edge TPU was found. */
  readonly edgetpu: boolean;
}

/** What one camera starts with. */
export interface CameraModels {
  readonly model: Model;
  readonly loaded: LoadedModel;
  /** One for each of secondStage.models. */
  readonly estimators: readonly CropEstimator[];
}

export class ModelsInUse {
  readonly #parts: ModelsInUseParts;
  /** By their name in the configuration. */
  readonly #models = new Map<string, Model>();

  constructor(parts: ModelsInUseParts) {
    this.#parts = parts;
  }

  get byName(): ReadonlyMap<string, Model> {
    return this.#models;
  }

  /** @throws GobyError when a model can't be used where the configuration names it */
  async forCamera(camera: string, config: CameraConfig): Promise<CameraModels> {
    const { engine } = this.#parts;
    const model = await this.#find(config.model);
    const loaded = await engine.load(model.pair);
    const estimators: CropEstimator[] = [];
    for (const [position, stage] of config.secondStage.models.entries()) {
      refuseUnknownLabels(`cameras.${camera}.secondStage.models[${position}].labels`, stage.labels, model);
      const second = await this.#find(stage.model);
      estimators.push(
        createCropEstimator({ config: stage, model: second, loaded: await engine.load(second.pair), engine }),
      );
    }
    return { model, loaded, estimators };
  }

  async #find(name: string): Promise<Model> {
    const { loaded, edgetpu } = this.#parts;
    const { config, places } = loaded;
    const model = this.#models.get(name) ?? (await resolveModel({ name, config: config.models, places, edgetpu }));
    this.#models.set(name, model);
    return model;
  }
}

/** A label that the camera's model never gives would leave a second stage silent for ever. */
function refuseUnknownLabels(key: string, labels: readonly string[], model: Model): void {
  const known = model.labels;
  const unknown = known === undefined ? undefined : labels.find((label) => !known.includes(label));
  if (unknown === undefined) return;
  const near = nearNames(unknown, known ?? [], { parts: true });
  const hint = near.length > 0 ? `; near to it are ${near.join(', ')}` : '';
  throw new ConfigError(`${key}: the camera's model ${model.name} has no label ${JSON.stringify(unknown)}${hint}.`, {
    remedy: "A second stage looks at what the camera's model finds: name labels of that one.",
  });
}
