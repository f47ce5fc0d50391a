/** The models that cameras and their second stages use: found, loaded, fitted to each other, and swapped while the agent runs. */
import type { CameraConfig } from '../../config/camera-section.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, InputError, isExpected, sentence } from '../../errors.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { CameraModels, ModelUser } from '../../flow/model-user.ts';
import { type CropEstimator, createCropEstimator } from '../../flow/second-stage/crop-estimator.ts';
import type { Logger } from '../../logger.ts';
import type { resolveApart } from '../../models/apart/read-apart.ts';
import type { Model } from '../../models/model.ts';
import { ownSha256 } from '../../models/model-file.ts';
import { readValidation } from '../../models/validation.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import type { Health } from '../../system/service/health.ts';
import type { ModelInUse, ModelSwap } from '../requests/model-requests.ts';
import { checkGolden, checkLabels, checkValidation } from './model-check.ts';
import { ModelFinder } from './model-finder.ts';
import { type ModelPlace, placesOf, refuseUnknownLabels } from './model-users.ts';
import { reportLabels, unknownLabels } from './unknown-labels.ts';

/** What is asked of the engine. */
export type ModelEngine = Pick<Engine, 'load' | 'unload' | 'infer'>;

export interface ModelsInUseParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly engine: ModelEngine;
  /** Whether an Edge TPU was found. */
  readonly edgetpu: boolean;
  /** Of files that aren't pinned. */
  readonly resolveOwn: typeof resolveApart;
  readonly logger: Logger;
  readonly health: Pick<Health, 'get' | 'report'>;
}

export class ModelsInUse {
  readonly #parts: ModelsInUseParts;
  /** By their name in the configuration. */
  readonly #models = new Map<string, Model>();
  readonly #places: ModelPlace[] = [];
  readonly #finder: ModelFinder;
  readonly #listeners: (() => void)[] = [];
  readonly #turns = new SerialQueue();

  constructor(parts: ModelsInUseParts) {
    this.#parts = parts;
    this.#finder = new ModelFinder({ ...parts, onChange: (name) => void this.#turns.add(() => this.#reload(name)) });
  }

  /** Called when another model is in use. */
  onSwap(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get byName(): ReadonlyMap<string, Model> {
    return this.#models;
  }

  /** The model of a camera's frames, as it is used now. */
  modelOf(camera: string): Model | undefined {
    return this.#places.find((place) => place.camera === camera && place.stage === undefined)?.model;
  }

  /** @throws GobyError when a model can't be used where the configuration names it: a start with the same files won't mend that */
  async forCamera(camera: string, config: CameraConfig): Promise<CameraModels> {
    const { engine } = this.#parts;
    const { model, loaded } = await this.#findAtStart(config.model);
    const unknown = reportLabels(camera, unknownLabels(camera, config, model), this.#parts.health);
    for (const sentence of unknown) this.#parts.logger.warn(sentence);
    const estimators: CropEstimator[] = [];
    for (const [position, stage] of config.secondStage.models.entries()) {
      refuseUnknownLabels(`cameras.${camera}.secondStage.models[${position}].labels`, stage.labels, model);
      estimators.push(createCropEstimator({ config: stage, ...(await this.#findAtStart(stage.model)), engine }));
    }
    return { model, loaded, estimators };
  }

  /** From now on the camera's models are swapped when their files change, or by use(). */
  attach(user: ModelUser, models: CameraModels): void {
    const { loaded, engine } = this.#parts;
    this.#places.push(...placesOf({ user, config: loaded.config, models, engine }));
  }

  /** Watches the files of the user's own models, and keeps copies of all: each has answered by now. */
  start(): void {
    this.#finder.start();
    void this.#turns.add(() => this.#finder.keep(this.#models));
  }

  stop(): void {
    this.#finder.stop();
  }

  /**
   * Makes a camera use another model: loaded beside the old one, held to its hash, to a golden inference and to its labels,
   * and switched between two frames.
   * @throws GobyError that says why not; the old model goes on then
   */
  use({ camera, model: name, sha256 }: ModelSwap): Promise<ModelInUse> {
    return this.#turns.add(async () => {
      const place = this.#places.find((one) => one.camera === camera && one.stage === undefined);
      if (place === undefined) throw new InputError(`There is no camera ${camera} that runs.`);
      const model = await this.#finder.resolve(name);
      const found = ownSha256(model.pair.cpu);
      if (found !== sha256) {
        throw new InputError(`The model ${name} on this machine has the SHA-256 ${found}, asked for was ${sha256}.`, {
          remedy: 'models-list shows what is here.',
        });
      }
      const isMended = this.#finder.isFallback(name);
      const places = this.#places.filter((one) => one === place || (isMended && one.name === name));
      if (isMended || place.name !== name || place.loaded.sha256 !== sha256) await this.#swap(model, name, places);
      return { camera, model: name, sha256, backend: place.loaded.backend };
    });
  }

  async #reload(name: string): Promise<void> {
    const { logger } = this.#parts;
    const users = this.#places.filter((place) => place.name === name);
    if (users.length === 0) return;
    try {
      const model = await this.#finder.resolve(name);
      const old = users[0]!.model;
      const isMended = this.#finder.isFallback(name);
      await this.#swap(model, name, users);
      const sha256 = ownSha256(model.pair.cpu).slice(0, 12);
      if (isMended || model.pair.cpu.sha256 !== old.pair.cpu.sha256) {
        logger.info(`${name} changed on disk: ${sha256} was verified and is used from now on`);
      }
    } catch (error) {
      if (!isExpected(error)) throw error;
      const sha256 = ownSha256(users[0]!.model.pair.cpu).slice(0, 12);
      logger.warn(`${name} changed on disk, but ${sha256} goes on: ${sentence(error)}`);
    }
  }

  async #swap(model: Model, name: string, places: readonly ModelPlace[]): Promise<void> {
    const { engine } = this.#parts;
    const hashes = [model.pair.cpu, model.pair.edgetpu].flatMap((file) =>
      file === undefined ? [] : ownSha256(file).slice(0, 12),
    );
    const loaded = await engine.load({ ...model.pair, name: `${model.name}@${hashes.join('+')}` });
    const leaving = places.map((place) => place.loaded.name);
    let switches: (() => Promise<void>)[];
    try {
      await this.#check({ model, loaded }, places, name);
      switches = places.map((place) => place.fit(model, loaded));
    } catch (error) {
      await this.#unloadUnused([loaded.name]);
      throw error;
    }
    // No await between here and the end of the loop: all users change between the same two frames.
    const quiet = places.map((place, at) => {
      place.name = name;
      place.model = model;
      place.loaded = loaded;
      return switches[at]!();
    });
    this.#models.set(name, model);
    this.#finder.used(name, new Set(this.#places.map((place) => place.name)));
    for (const listener of this.#listeners) listener();
    await Promise.all(quiet);
    await this.#unloadUnused(leaving);
    await this.#finder.keep(this.#models);
  }

  async #check(
    candidate: { model: Model; loaded: LoadedModel },
    places: readonly ModelPlace[],
    name: string,
  ): Promise<void> {
    const { engine } = this.#parts;
    const { model, loaded } = candidate;
    await checkGolden(candidate, engine);
    for (const { model: old, waitedFor } of places) checkLabels(model, old, waitedFor);
    const validation = await readValidation(this.#finder.ownFileOf(name, model));
    if (validation?.sha256 === loaded.sha256) await checkValidation(candidate, validation, engine);
  }

  async #unloadUnused(keys: readonly string[]): Promise<void> {
    const used = new Set(this.#places.map(({ loaded }) => loaded.name));
    for (const key of new Set(keys)) if (!used.has(key)) await this.#parts.engine.unload(key);
  }

  /** @throws ConfigError for files that aren't what they should be, so that systemd doesn't start goby for ever */
  async #findAtStart(name: string): Promise<{ model: Model; loaded: LoadedModel }> {
    return this.#find(name).catch((error: unknown) => {
      throw error instanceof InputError ? new ConfigError(error.message, { cause: error }) : error;
    });
  }

  async #find(name: string): Promise<{ model: Model; loaded: LoadedModel }> {
    const found = await this.#finder.find(name, this.#models.get(name));
    this.#models.set(name, found.model);
    return found;
  }
}
