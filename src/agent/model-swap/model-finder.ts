/** Finds the models that the configuration names, watches the user's own, and falls back to copies of those that worked last. */
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, GobyError, isExpected, sentence } from '../../errors.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { Logger } from '../../logger.ts';
import type { resolveApart } from '../../models/apart/read-apart.ts';
import { GoodModels } from '../../models/good-models.ts';
import { keepCopy } from '../../models/kept-copy.ts';
import { ownLabelFiles } from '../../models/labels/labels-beside.ts';
import type { Model } from '../../models/model.ts';
import { ownPath, ownSha256 } from '../../models/model-file.ts';
import { isModelPath } from '../../models/own-model.ts';
import { resolveModel } from '../../models/resolve.ts';
import { trainedFile } from '../../models/trained-models.ts';
import { FileWatch } from '../../system/files/file-watch.ts';
import type { Health } from '../../system/service/health.ts';

export interface ModelFinderParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly engine: Pick<Engine, 'load'>;
  /** Whether an Edge TPU was found. */
  readonly edgetpu: boolean;
  /** Of files that aren't pinned. */
  readonly resolveOwn: typeof resolveApart;
  readonly logger: Logger;
  readonly health: Pick<Health, 'report'>;
  /** A file of this model is there anew, or has changed. */
  onChange(name: string): void;
}

export class ModelFinder {
  readonly #parts: ModelFinderParts;
  readonly #watch: FileWatch;
  readonly #watched = new Map<string, string>();
  readonly #good: GoodModels;
  /** Models that run from the copy that worked last, and why. */
  readonly #fallbacks = new Map<string, string>();

  constructor(parts: ModelFinderParts) {
    this.#parts = parts;
    this.#good = new GoodModels(join(parts.loaded.places.stateDir, 'models-in-use'), parts.logger);
    this.#watch = new FileWatch({ onChange: (path) => parts.onChange(this.#watched.get(path)!) });
  }

  start(): void {
    this.#watch.start();
    this.#tellHealth();
  }

  stop(): void {
    this.#watch.stop();
  }

  isFallback(name: string): boolean {
    return this.#fallbacks.has(name);
  }

  /**
   * A model of this name, as it lies there now, has taken the place of another, or of its own copy.
   * @param names of all that are used now
   */
  used(name: string, names: ReadonlySet<string>): void {
    for (const one of [...this.#fallbacks.keys()]) if (one === name || !names.has(one)) this.#fallbacks.delete(one);
    this.#tellHealth();
  }

  /** Keeps copies of models that have answered, for a start without them. */
  async keep(models: ReadonlyMap<string, Model>): Promise<void> {
    await this.#good.keep(models);
  }

  /**
   * A model, loaded. One that is missing or damaged runs from the copy that worked last, where there is one.
   * @param known what was found for this name before
   */
  async find(name: string, known?: Model): Promise<{ model: Model; loaded: LoadedModel }> {
    const { engine, logger } = this.#parts;
    try {
      const model = known ?? (await this.resolve(name));
      return { model, loaded: await engine.load(model.pair) };
    } catch (error) {
      const model = await this.#goodFor(name, error);
      if (model === undefined) throw error;
      const loaded = await engine.load(model.pair).catch(() => {
        throw error;
      });
      const hash = ownSha256(model.pair.cpu).slice(0, 12);
      const then = this.#isOwn(name) ? 'as soon as its file is mended' : 'at the next start after it is mended';
      const told = `The model ${name} runs from the copy ${hash} that worked last, and from its own file ${then}: ${sentence(error)}`;
      this.#fallbacks.set(name, told);
      logger.warn(told);
      return { model, loaded };
    }
  }

  /** A user's own file is copied first: what was hashed and verified is what every restart of the worker loads again. */
  async resolve(name: string): Promise<Model> {
    const { loaded, edgetpu, logger, resolveOwn } = this.#parts;
    const { config, places } = loaded;
    const isOwn = this.#isOwn(name);
    const own = this.#own(name);
    const file = this.#fileOf(name);
    // Also while it isn't there: it is taken when it comes.
    if (isOwn) await this.#watchFiles(name, [file, own?.edgetpuFile, ...labelFiles(own, file)]);
    // Not in this process: a stranger's file may be made to take its time or memory, or to end it.
    const model = await (isOwn ? resolveOwn : resolveModel)({ name, config: config.models, places, edgetpu });
    for (const note of model.notes ?? []) logger.warn(`${name}: ${note}`);
    if (!isOwn) return model;
    const { cpu, edgetpu: twin } = model.pair;
    await this.#watchFiles(name, [ownPath(cpu), twin?.path, ...labelFiles(own, ownPath(cpu))]);
    try {
      return await keepCopy(model, this.#good.folder);
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      logger.warn(`${name} is used where it lies, without a copy: ${sentence(error)}`);
      return model;
    }
  }

  /** What stands in for a model that can't be used; nothing does for a name that means no model, or for a hash that is not wanted. */
  async #goodFor(name: string, error: unknown): Promise<Model | undefined> {
    if (!isExpected(error) || (error instanceof ConfigError && !this.#isOwn(name))) return undefined;
    const good = await this.#good.find(name);
    const pinned = this.#own(name)?.sha256;
    return pinned === undefined || (good !== undefined && pinned === ownSha256(good.pair.cpu)) ? good : undefined;
  }

  async #watchFiles(name: string, paths: readonly (string | undefined)[]): Promise<void> {
    for (const path of paths) {
      if (path === undefined) continue;
      this.#watched.set(path, name);
      await this.#watch.add(path);
    }
  }

  #tellHealth(): void {
    const told = [...this.#fallbacks.values()];
    this.#parts.health.report(
      'models',
      told.length === 0 ? { state: 'ready' } : { state: 'fallback', detail: told.join(' ') },
    );
  }

  #own(name: string) {
    const { own } = this.#parts.loaded.config.models;
    return Object.hasOwn(own, name) ? own[name] : undefined;
  }

  /** Where a user's own model lies, as its owner wrote it: not the copy. */
  #fileOf(name: string): string {
    return this.#own(name)?.file ?? trainedFile(name, this.#parts.loaded.places) ?? resolve(name);
  }

  /** Where the record of a model's validation lies beside it: by the user's own file, not by the copy. */
  ownFileOf(name: string, model: Model): string {
    return this.#isOwn(name) ? this.#fileOf(name) : model.pair.cpu.path;
  }

  /** Is it a file of the user's, rather than a name of the catalog? */
  #isOwn(name: string): boolean {
    return this.#own(name) !== undefined || isModelPath(name);
  }
}

/** The named label file, else all that would be taken if they were there. */
function labelFiles(own: { readonly labels?: string | undefined } | undefined, model: string): readonly string[] {
  return own?.labels === undefined ? ownLabelFiles(model) : [own.labels];
}
