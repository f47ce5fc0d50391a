/**
 * One training at a time: `goby train` as a child at low priority, which a closed page doesn't end. What became of it is kept on disk,
 * and a start of the agent puts right what the last one left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { GobyError, InputError, isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { StateFile } from '../../system/files/state-file.ts';
import type { ChildCommand } from '../children/child-answer.ts';
import { lowerPriority } from '../children/low-priority.ts';
import { parseTrainingReport } from './training-report.ts';

const jobSchema = z.object({
  set: z.string().max(64),
  state: z.enum(['running', 'done', 'failed', 'cancelled', 'interrupted']),
  startedMs: z.number(),
  endedMs: z.number().optional(),
  pid: z.int().positive().optional(),
  /** What it does now, in the words of `goby train`, and how much of that is done, 0..1. */
  stage: z.string().max(200).optional(),
  share: z.number().min(0).max(1).optional(),
  /** Why there is no model. */
  error: z.string().max(2000).optional(),
});

export type TrainingJobState = z.output<typeof jobSchema>;

export interface TrainingJobParts {
  /** Of all sets: job.json lies there, and below it a report for each set. */
  readonly folder: string;
  /** How to train a set. `mark`: one of its arguments that no other process has. */
  command(set: string, base?: string): ChildCommand & { readonly mark: string };
  readonly logger: Logger;
  readonly now?: () => number;
  /** How long a child may take to end once it was asked. */
  readonly patienceMs?: number;
}

const mostReportBytes = 16 << 20;
const mostErrorLines = 5;
const progressSchema = z.object({ stage: z.string().max(200), share: z.number().min(0).max(1) });

export class TrainingJob {
  readonly #parts: TrainingJobParts;
  readonly #file: StateFile;
  readonly #now: () => number;
  #state: TrainingJobState | undefined;
  #child: ChildProcess | undefined;
  /** Settles when all of the running child is over and kept. */
  #ended: Promise<void> = Promise.resolve();
  #asked: 'cancelled' | 'interrupted' | undefined;

  constructor(parts: TrainingJobParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#file = new StateFile(join(parts.folder, 'job.json'));
  }

  /** Finds what an earlier run left; a child of it that lives on, because its agent was killed, is ended. Never rejects. */
  async open(): Promise<void> {
    const found = this.#read();
    if (found?.state === 'running') {
      const { pid, ...rest } = found;
      if (pid !== undefined) endLeftover(pid, this.#parts.command(found.set).mark);
      await this.#keep({ ...rest, state: 'interrupted', endedMs: this.#now() });
    } else {
      this.#state = found;
    }
  }

  get state(): TrainingJobState | undefined {
    return this.#state;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  reportPath(set: string): string {
    return join(this.#parts.folder, set, 'report.json');
  }

  /** Begins. @param base network to train on; absent: the usual one. @throws InputError while another one runs */
  async start(set: string, base?: string): Promise<void> {
    if (this.isRunning) {
      throw new InputError(`${this.#state!.set} is being trained.`, { remedy: 'Wait for its end, or cancel it.' });
    }
    const { logger } = this.#parts;
    const { program, args, env } = this.#parts.command(set, base);
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#asked = undefined;
    const { pid } = child;
    this.#ended = this.#follow(child, set);
    if (pid !== undefined) lowerPriority(pid, logger);
    logger.info(`training ${set} begins`);
    await this.#keep({ set, state: 'running', startedMs: this.#now(), ...(pid === undefined ? {} : { pid }) });
  }

  /** Ends the running training; resolves when it is over. @throws InputError when none runs */
  async cancel(): Promise<void> {
    if (!this.isRunning) throw new InputError('No training runs.');
    await this.#end('cancelled');
  }

  /** The agent stops: what was embedded so far is kept, and the same training goes on from there. */
  async stop(): Promise<void> {
    if (this.isRunning) await this.#end('interrupted');
    await this.#ended;
  }

  async #end(how: 'cancelled' | 'interrupted'): Promise<void> {
    this.#asked = how;
    const child = this.#child;
    child?.kill('SIGTERM');
    const timer = setTimeout(() => child?.kill('SIGKILL'), this.#parts.patienceMs ?? 3000);
    await this.#ended;
    clearTimeout(timer);
  }

  async #follow(child: ChildProcess, set: string): Promise<void> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostReportBytes) chunks.push(chunk);
    });
    const errors: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (this.#takeProgress(line)) return;
      this.#parts.logger.debug(line.slice(0, 500));
      if (!line.startsWith('goby: ')) return;
      errors.push(line.slice('goby: '.length, 500));
      if (errors.length > mostErrorLines) errors.shift();
    });
    const how = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) =>
        resolve(
          code === 0 ? undefined : errors.join(' ') || (signal === null ? `exit code ${code}` : `signal ${signal}`),
        ),
      );
    });
    const json = bytes <= mostReportBytes ? Buffer.concat(chunks).toString('utf8') : '';
    this.#child = undefined;
    await this.#finish(set, how, json);
  }

  async #finish(set: string, failure: string | undefined, json: string): Promise<void> {
    const { logger } = this.#parts;
    const { startedMs } = this.#state ?? { startedMs: this.#now() };
    const over = { set, startedMs, endedMs: this.#now() };
    if (failure !== undefined && this.#asked !== undefined) {
      logger.info(`training ${set} was ${this.#asked}`);
      return this.#keep({ ...over, state: this.#asked });
    }
    const report = failure === undefined ? parseTrainingReport(json) : undefined;
    if (report === undefined) {
      const error = (failure ?? 'goby train printed no report').slice(0, 2000);
      logger.warn(`training ${set} failed: ${error}`);
      return this.#keep({ ...over, state: 'failed', error });
    }
    try {
      await putBytes(Buffer.from(`${JSON.stringify(report)}\n`), this.reportPath(set));
    } catch (error) {
      if (!(error instanceof GobyError)) throw error;
      logger.warn(`the report of ${set} can't be kept: ${sentence(error)}`);
    }
    logger.info(`training ${set} is done: ${report.sha256.slice(0, 12)}`);
    await this.#keep({ ...over, state: 'done' });
  }

  /** @returns whether the line tells how far it is */
  #takeProgress(line: string): boolean {
    if (!line.startsWith('{') || line.length > 1000) return false;
    try {
      const { stage, share } = progressSchema.parse(JSON.parse(line));
      // Only in memory: a card is not written a hundred times for a bar.
      if (this.#state?.state === 'running') this.#state = { ...this.#state, stage, share };
      return true;
    } catch {
      return false;
    }
  }

  #read(): TrainingJobState | undefined {
    try {
      const text = this.#file.read();
      return text === undefined ? undefined : jobSchema.parse(JSON.parse(text));
    } catch {
      // As if nothing had been trained yet: photos and models are elsewhere.
      return undefined;
    }
  }

  async #keep(state: TrainingJobState): Promise<void> {
    this.#state = state;
    try {
      await this.#file.write(`${JSON.stringify(state)}\n`);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#parts.logger.warn(`what became of the training can't be kept: ${sentence(error)}`);
    }
  }
}

/** By its number and one of its arguments: the number alone may be another process's by now. */
function endLeftover(pid: number, mark: string): void {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (args.includes(mark)) process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone.
  }
}
