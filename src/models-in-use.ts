/** The models that cameras and their second stages use: found, loaded, fitted to each other, and swapped while the agent runs. */
import { join } from 'node:path';
import type { CameraConfig } from './config/camera-section.ts';
import type { LoadedConfig } from './config/load.ts';
import { GobyError, InputError, isExpected, sentence } from './errors.ts';
import { readModel } from './flatbuffer/read-model.ts';
import type { Engine, LoadedModel } from './infer/engine.ts';
import type { Logger } from './logger.ts';
import { checkGolden, checkLabels, checkValidation } from './model-check.ts';
import { type ModelPlace, placesOf, refuseUnknownLabels } from './model-places.ts';
import { FileWatch } from './models/file-watch.ts';
import { dropCopies, keepCopy } from './models/kept-copy.ts';
import type { Model } from './models/model.ts';
import { readModelFile } from './models/own-model.ts';
import { resolveModel } from './models/resolve.ts';
import { readValidation } from './models/validation.ts';
import type { ModelInUse, ModelSwap } from './remote/model-commands.ts';
import { type CropEstimator, createCropEstimator } from './second-stage/crop-estimator.ts';

/** What is asked of the engine. */
export type ModelEngine = Pick<Engine, 'load' | 'unload' | 'infer'>;

export interface ModelsInUseParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly engine: ModelEngine;
  /** Whether an Edge TPU was found. */
  readonly edgetpu: boolean;
  readonly logger: Logger;
  /** Another model is in use. */
  onSwap(): void;
}

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

export class ModelsInUse {
  readonly #parts: ModelsInUseParts;
  /** By their name in the configuration. */
  readonly #models = new Map<string, Model>();
  readonly #places: ModelPlace[] = [];
  readonly #watch: FileWatch;
  readonly #watched = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ModelsInUseParts) {
    this.#parts = parts;
    this.#watch = new FileWatch({ onChange: (path) => this.#onChange(path) });
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

  /** From now on the camera's models are swapped when their files change, or by use(). */
  attach(user: ModelUser, models: CameraModels): void {
    const { loaded, engine } = this.#parts;
    this.#places.push(...placesOf({ user, config: loaded.config, models, engine }));
  }

  /** Watches the files of the user's own models. */
  start(): void {
    this.#watch.start();
    void dropCopies(this.#copies, [...this.#models.values()]);
  }

  stop(): void {
    this.#watch.stop();
  }

  /**
   * Makes a camera use another model: loaded beside the old one, held to its hash, to a golden inference and to its labels,
   * and switched between two frames.
   * @throws GobyError that says why not; the old model goes on then
   */
  use({ camera, model: name, sha256 }: ModelSwap): Promise<ModelInUse> {
    return this.#inTurn(async () => {
      const place = this.#places.find((one) => one.camera === camera && one.stage === undefined);
      if (place === undefined) throw new InputError(`There is no camera ${camera} that runs.`);
      const model = await this.#resolve(name);
      const found = model.pair.cpu.sha256;
      if (found !== sha256) {
        throw new InputError(`The model ${name} on this machine has the SHA-256 ${found}, asked for was ${sha256}.`, {
          remedy: 'models-list shows what is here.',
        });
      }
      if (place.name !== name || place.loaded.sha256 !== sha256) await this.#swap(model, name, [place]);
      return { camera, model: name, sha256, backend: place.loaded.backend };
    });
  }

  #onChange(path: string): void {
    const name = this.#watched.get(path)!;
    void this.#inTurn(() => this.#reload(name));
  }

  async #reload(name: string): Promise<void> {
    const { logger } = this.#parts;
    const users = this.#places.filter((place) => place.name === name);
    if (users.length === 0) return;
    try {
      const model = await this.#resolve(name);
      const old = users[0]!.model;
      await this.#swap(model, name, users);
      const sha256 = model.pair.cpu.sha256.slice(0, 12);
      if (model.pair.cpu.sha256 !== old.pair.cpu.sha256) {
        logger.info(`${name} changed on disk: ${sha256} was verified and is used from now on`);
      }
    } catch (error) {
      if (!isExpected(error)) throw error;
      const sha256 = users[0]!.model.pair.cpu.sha256.slice(0, 12);
      logger.warn(`${name} changed on disk, but ${sha256} goes on: ${sentence(error)}`);
    }
  }

  async #swap(model: Model, name: string, places: readonly ModelPlace[]): Promise<void> {
    const { engine, onSwap } = this.#parts;
    const hashes = [model.pair.cpu, model.pair.edgetpu].flatMap((file) => file?.sha256.slice(0, 12) ?? []);
    // Before a process with live cameras is given it: a damaged file can end a process.
    readModel(await readModelFile(model.pair.cpu.path, model.name), model.name);
    const loaded = await engine.load({ ...model.pair, name: `${model.name}@${hashes.join('+')}` });
    const leaving = places.map((place) => place.loaded.name);
    let switches: (() => Promise<void>)[];
    try {
      await this.#check({ model, loaded }, places);
      switches = places.map((place) => place.fit(model, loaded));
    } catch (error) {
      await this.#unloadUnused([loaded.name]);
      throw error;
    }
    // Nothing between here and the end of the loop waits: all places change between the same two frames.
    const quiet = places.map((place, at) => {
      place.name = name;
      place.model = model;
      place.loaded = loaded;
      return switches[at]!();
    });
    this.#models.set(name, model);
    onSwap();
    await Promise.all(quiet);
    await this.#unloadUnused(leaving);
    await dropCopies(this.#copies, [...this.#models.values()]);
  }

  async #check(candidate: { model: Model; loaded: LoadedModel }, places: readonly ModelPlace[]): Promise<void> {
    const { engine } = this.#parts;
    const { model, loaded } = candidate;
    await checkGolden(candidate, engine);
    for (const { model: old, waitedFor } of places) checkLabels(model, old, waitedFor);
    // The record lies beside the user's file, not beside the copy.
    const file = this.#parts.loaded.config.models.own[model.name]?.file ?? model.pair.cpu.path;
    const validation = await readValidation(file);
    if (validation?.sha256 === loaded.sha256) await checkValidation(candidate, validation, engine);
  }

  async #unloadUnused(keys: readonly string[]): Promise<void> {
    const used = new Set(this.#places.map(({ loaded }) => loaded.name));
    for (const key of new Set(keys)) if (!used.has(key)) await this.#parts.engine.unload(key);
  }

  async #find(name: string): Promise<Model> {
    const model = this.#models.get(name) ?? (await this.#resolve(name));
    this.#models.set(name, model);
    return model;
  }

  /** A user's own file is copied first: what was hashed and verified is what every restart of the worker loads again. */
  async #resolve(name: string): Promise<Model> {
    const { loaded, edgetpu, logger } = this.#parts;
    const { config, places } = loaded;
    const own = Object.hasOwn(config.models.own, name) ? config.models.own[name] : undefined;
    const isOwn = own !== undefined || name.includes('/') || name.endsWith('.tflite');
    const model = await resolveModel({ name, config: config.models, places, edgetpu });
    if (!isOwn) return model;
    const { cpu, edgetpu: twin } = model.pair;
    const labels = own?.labels ?? cpu.path.replace(/\.tflite$/, '.txt');
    for (const path of [cpu.path, twin?.path, labels]) {
      if (path === undefined) continue;
      this.#watched.set(path, name);
      await this.#watch.add(path);
    }
    try {
      return await keepCopy(model, this.#copies);
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      logger.warn(`${name} is used where it lies, without a copy: ${sentence(error)}`);
      return model;
    }
  }

  get #copies(): string {
    return join(this.#parts.loaded.places.stateDir, 'models-in-use');
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
