/**
 * The models of this device side by side: `goby compare` as a child at low priority, beside the cameras, one at a time. The last report is
 * kept in memory: it is of this machine and of its files, and quickly made again.
 */
import { z } from 'zod';
import { InputError, isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { answerOfChild, type ChildCommand, parseAnswer } from '../children/child-answer.ts';

const text = z.string().max(4096);
const share = z.number().min(0).max(1);

/** What is kept of a report of `goby compare --json`: see workshop/compare/comparison.ts. */
const comparisonSchema = z.object({
  machine: text,
  models: z
    .array(
      z.object({
        name: text,
        backend: text,
        quantization: text,
        /** Of the file. */
        bytes: z.number(),
        macs: z.number(),
        parameters: z.number(),
        compiledForEdgeTpu: z.boolean(),
        invokeMs: z.object({ median: z.number(), p95: z.number() }),
        memoryBytes: z.number().optional(),
        published: z
          .object({ float: z.object({ top1: share }), quantized: z.object({ top1: share }).optional() })
          .optional(),
      }),
    )
    .max(100),
  versions: text.optional(),
});

export type KeptComparison = z.output<typeof comparisonSchema>;
export type ComparedTask = 'classify' | 'detect';

export interface ComparisonState {
  readonly task: ComparedTask;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedMs: number;
  readonly comparison?: KeptComparison;
  /** Why there is none. */
  readonly error?: string;
}

export interface ModelComparisonParts {
  /** What compares these models and prints one JSON object. */
  command(task: ComparedTask, names: readonly string[]): ChildCommand;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** A slow board with all of the catalog: each model runs some seconds, and is loaded twice. */
const patienceMs = 15 * 60_000;
const mostCharacters = 1_000_000;

export class ModelComparison {
  readonly #parts: ModelComparisonParts;
  #state: ComparisonState | undefined;
  #running: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;

  constructor(parts: ModelComparisonParts) {
    this.#parts = parts;
  }

  get state(): ComparisonState | undefined {
    return this.#state;
  }

  /** Begins, and tells nobody of the end: see state. @throws InputError while another one runs, or without models */
  start(task: ComparedTask, names: readonly string[]): void {
    if (this.#running !== undefined) {
      throw new InputError('Models are being compared already.', { remedy: 'Wait for their figures.' });
    }
    if (names.length === 0) {
      throw new InputError(`No ${task === 'detect' ? 'detector' : 'classifier'} is on this device.`, {
        remedy: 'Fetch one with goby models pull, or train one.',
      });
    }
    const { now = Date.now } = this.#parts;
    this.#state = { task, state: 'running', startedMs: now() };
    const stop = new AbortController();
    this.#running = { stop, over: this.#run(this.#state, names, stop.signal) };
  }

  /** Ends a running one. Never rejects. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.over;
  }

  async #run(begun: ComparisonState, names: readonly string[], signal: AbortSignal): Promise<void> {
    const { command, logger } = this.#parts;
    try {
      const told = await answerOfChild(command(begun.task, names), { logger, patienceMs, mostCharacters, signal });
      const comparison = parseAnswer(comparisonSchema, told);
      this.#state =
        comparison === undefined
          ? { ...begun, state: 'failed', error: 'goby compare printed no report' }
          : { ...begun, state: 'done', comparison };
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#state = { ...begun, state: 'failed', error: sentence(error) };
    } finally {
      this.#running = undefined;
    }
  }
}
