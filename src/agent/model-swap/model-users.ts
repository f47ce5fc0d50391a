/** Where models are used: on the frames of a camera, and in each second stage behind it. */
import type { Config } from '../../config/schema.ts';
import { ConfigError } from '../../errors.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { CameraModels, ModelUser } from '../../flow/model-user.ts';
import { createCropEstimator } from '../../flow/second-stage/crop-estimator.ts';
import type { Model } from '../../models/model.ts';
import { nearNames } from '../../text/near-names.ts';

/** One place, and what fills it now. */
export interface ModelPlace {
  readonly camera: string;
  /** Position among secondStage.models; undefined: the frames themselves. */
  readonly stage: number | undefined;
  /** Of the model, in the configuration. */
  name: string;
  model: Model;
  loaded: LoadedModel;
  /** Labels that the configuration names for what this model finds. */
  readonly waitedFor: readonly string[];
  /** See ModelUser. */
  fit(model: Model, loaded: LoadedModel): () => Promise<void>;
}

export function placesOf({
  user,
  config: { cameras, rules },
  models: { model, loaded, estimators },
  engine,
}: {
  user: ModelUser;
  config: Pick<Config, 'cameras' | 'rules'>;
  models: CameraModels;
  engine: Pick<Engine, 'infer'>;
}): ModelPlace[] {
  const config = cameras[user.name]!;
  const stages = config.secondStage.models;
  const heard = rules.filter(({ camera }) => camera === undefined || camera === user.name);
  const frames: ModelPlace = {
    camera: user.name,
    stage: undefined,
    name: config.model,
    model,
    loaded,
    waitedFor: [
      ...(config.labels ?? []),
      ...stages.flatMap(({ labels }) => labels),
      ...heard.map(({ label }) => label),
    ],
    fit: (next, nextLoaded) => user.fitModel(next, nextLoaded),
  };
  const behind = stages.map(
    (stage, position): ModelPlace => ({
      camera: user.name,
      stage: position,
      name: stage.model,
      model: estimators[position]!.model,
      loaded: estimators[position]!.loaded,
      waitedFor: [],
      fit: (next, nextLoaded) => {
        const estimator = createCropEstimator({ config: stage, model: next, loaded: nextLoaded, engine });
        return user.fitEstimator(position, estimator);
      },
    }),
  );
  return [frames, ...behind];
}

/** @throws ConfigError for a label that the camera's model never gives: it would leave a second stage silent for ever */
export function refuseUnknownLabels(key: string, labels: readonly string[], model: Model): void {
  const known = model.labels;
  const unknown = known === undefined ? undefined : labels.find((label) => !known.includes(label));
  if (unknown === undefined) return;
  const near = nearNames(unknown, known ?? [], { parts: true });
  const hint = near.length > 0 ? `; near to it are ${near.join(', ')}` : '';
  throw new ConfigError(`${key}: the camera's model ${model.name} has no label ${JSON.stringify(unknown)}${hint}.`, {
    remedy: "A second stage looks at what the camera's model finds: name labels of that one.",
  });
}
