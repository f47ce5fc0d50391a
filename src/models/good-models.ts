/** The models that worked last: copies of their files, and what was known of them, for a start at which the originals are gone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GobyError, sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { putBytes } from '../system/files/put-file.ts';
import { dropCopies, isWhole, keepCopy } from './kept-copy.ts';
import { decoders, type Model, scoreKinds } from './model.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileSchema = z.object({
  path: z.string(),
  sha256,
  derivedFrom: z
    .object({ path: z.string(), sha256, recipes: z.array(z.string()), changes: z.array(z.string()) })
    .optional(),
});

const perChannel = z.union([z.number(), z.array(z.number())]);

const modelSchema = z.object({
  name: z.string(),
  task: z.enum(['classify', 'detect', 'estimate']),
  decoder: z.enum(decoders),
  pair: z.object({
    name: z.string(),
    cpu: fileSchema,
    edgetpu: fileSchema.optional(),
    feedback: z.array(z.object({ output: z.int().nonnegative(), input: z.int().nonnegative() })).optional(),
  }),
  labels: z.array(z.string()).optional(),
  normalisation: z.object({ mean: perChannel, standardDeviation: perChannel }).optional(),
  fit: z.enum(['letterbox', 'stretch']).optional(),
  scores: z.enum(scoreKinds).optional(),
  roles: z.record(z.string(), z.int().nonnegative()).optional(),
  notes: z.array(z.string()).optional(),
});

/** By the name in the configuration. */
const recordSchema = z.object({ models: z.record(z.string(), modelSchema) });

export class GoodModels {
  readonly folder: string;
  readonly #logger: Logger;

  constructor(folder: string, logger: Logger) {
    this.folder = folder;
    this.#logger = logger;
  }

  /** The model of this name as it worked last, with the files of its copies; undefined when there is none, or a copy is damaged. */
  async find(name: string): Promise<Model | undefined> {
    try {
      const { models } = recordSchema.parse(JSON.parse(await readFile(this.#record, 'utf8')));
      const model = Object.hasOwn(models, name) ? models[name] : undefined;
      if (model === undefined) return undefined;
      const { cpu, edgetpu } = model.pair;
      for (const file of [cpu, edgetpu]) if (file !== undefined && !(await isWhole(file))) return undefined;
      // What zod calls optional may be there and undefined, which Model rules out: text knows no difference.
      return JSON.parse(JSON.stringify(model)) as Model;
    } catch {
      // No record, or one that can't be read: as if nothing had worked yet.
      return undefined;
    }
  }

  /** Keeps these and drops all others. What can't be kept is a warning: the models themselves work. */
  async keep(models: ReadonlyMap<string, Model>): Promise<void> {
    const kept: Record<string, Model> = {};
    for (const [name, model] of [...models].sort(([one], [other]) => one.localeCompare(other))) {
      try {
        kept[name] = await keepCopy(model, this.folder);
      } catch (error) {
        if (!(error instanceof GobyError)) throw error;
        this.#logger.warn(`${name} works, but no copy is kept for a start without it: ${sentence(error)}`);
      }
    }
    try {
      await this.#write(`${JSON.stringify({ models: kept }, undefined, 1)}\n`);
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      this.#logger.warn(`Which models worked can't be kept: ${sentence(error)}`);
    }
    await dropCopies(this.folder, [...models.values(), ...Object.values(kept)]);
  }

  /** Only what changed: cards wear. */
  async #write(text: string): Promise<void> {
    if ((await readFile(this.#record, 'utf8').catch(() => undefined)) === text) return;
    await putBytes(Buffer.from(text), this.#record);
  }

  get #record(): string {
    return join(this.folder, 'worked-last.json');
  }
}
