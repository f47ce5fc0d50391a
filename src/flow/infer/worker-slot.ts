/** One accelerator: its worker process, the models it must have, and its restarts with back-off. */
import { isExpected, sentence, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ModelFile, ModelPair } from '../../models/model-file.ts';
import { type BackoffOptions, backoffMs, type RandomSource } from '../../system/service/retry.ts';
import { AnswerDeadline, raisedDeadlineMs } from './answer-deadline.ts';
import type { InferenceResult, LoadedModel } from './engine.ts';
import { Turns } from './turns.ts';
import { WorkerProcess, type WorkerSettings } from './worker-process.ts';

/** Loading reads and hashes a file and may initialise an accelerator. */
const loadDeadlineMs = 20_000;
/** How often an idle worker is asked for a sign of life. */
const heartbeatMs = 1000;

export interface WorkerSlotOptions {
  readonly settings: WorkerSettings;
  readonly deadlineMs: number;
  /** What the first inference of a model may take: only then it is known how heavy it is for this machine. */
  readonly proofMs: number;
  readonly backoff: BackoffOptions;
  readonly random?: RandomSource;
  readonly logger: Logger;
  /** Which file of a pair this accelerator runs. */
  readonly fileOf: (pair: ModelPair) => ModelFile | undefined;
  /** Checks a model that was just loaded; throws UnavailableError when the accelerator answers wrongly. */
  readonly prove: (slot: WorkerSlot, loaded: LoadedModel) => Promise<void>;
  readonly onChange: () => void;
}

interface Loaded {
  readonly model: LoadedModel;
  readonly outputBytes: readonly number[];
  readonly deadline: AnswerDeadline;
}

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #pairs = new Map<string, ModelPair>();
  readonly #loaded = new Map<string, Loaded>();
  #worker: WorkerProcess | undefined;
  #ready = false;
  #starting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #signsOfLife: AnswerDeadline;
  readonly #requests = new Turns();
  #failures = 0;
  #toldNoMemory = false;
  #stopped = false;
  fault = '';
  waitUntilMs: number | undefined;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#signsOfLife = new AnswerDeadline(options.deadlineMs);
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  has(name: string): boolean {
    return this.#ready && this.#loaded.has(name);
  }

  model(name: string): LoadedModel | undefined {
    return this.#loaded.get(name)?.model;
  }

  /** Adds a model, now and after every restart. @throws InputError when the file is at fault, UnavailableError when the worker is */
  async add(pair: ModelPair): Promise<LoadedModel> {
    this.#pairs.set(pair.name, pair);
    try {
      // A start that is under way may have begun before this model was asked for.
      if (this.#worker === undefined || this.#starting !== undefined) await this.start();
      if (!this.#loaded.has(pair.name)) {
        await this.#requests.alone(async () => this.#options.prove(this, await this.#load(pair)));
      }
    } catch (error) {
      this.#loaded.delete(pair.name);
      if (isExpected(error) && !(error instanceof UnavailableError)) this.#pairs.delete(pair.name);
      throw error;
    }
    return this.#loaded.get(pair.name)!.model;
  }

  /** Forgets a model, so that a restart does without it, and frees its memory where a worker has it. */
  async remove(name: string): Promise<void> {
    this.#pairs.delete(name);
    if (!this.#loaded.delete(name) || !this.#ready) return;
    await this.#requests
      .alone(async () => {
        await this.#worker?.request({ kind: 'unload', model: name }, { deadlineMs: this.#options.deadlineMs });
      })
      .catch(() => undefined);
  }

  /** Starts the worker and loads everything, unless one is ready; later faults are retried by the slot itself. */
  start(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  infer(name: string, inputs: readonly Uint8Array[]): Promise<InferenceResult> {
    return this.#requests.overlapping(() => this.#run(name, inputs));
  }

  /**
   * The first inference of a model, outside the queue, while a worker starts. It may take longer than others; a model that is
   * too heavy for the deadline has it raised, within bounds.
   */
  async proof(name: string, inputs: readonly Uint8Array[]): Promise<InferenceResult> {
    const { deadlineMs } = this.#options;
    const proofMs = Math.max(deadlineMs, this.#options.proofMs);
    const first = await this.#run(name, inputs, proofMs).catch((error: unknown) => {
      if (!(error instanceof UnavailableError && /no answer within/.test(error.message))) throw error;
      throw new UnavailableError(
        `The model ${name} gives no first answer within ${proofMs / 1000} s on this machine.`,
        {
          remedy: 'Choose a smaller model, or let goby wait longer: infer.deadlineMs, 60000 at most.',
          cause: error,
        },
      );
    });
    if (2 * first.roundTripMs <= deadlineMs) return first;
    // The first also reads the model into memory: the second tells how long it takes.
    const second = await this.#run(name, inputs, proofMs);
    this.#raiseDeadline(name, second.roundTripMs);
    return second;
  }

  #raiseDeadline(name: string, latencyMs: number): void {
    const { deadlineMs, logger, settings } = this.#options;
    const entry = this.#loaded.get(name);
    const raisedMs = raisedDeadlineMs(latencyMs, deadlineMs);
    if (entry === undefined || raisedMs === deadlineMs) return;
    this.#loaded.set(name, { ...entry, deadline: new AnswerDeadline(raisedMs) });
    const where = settings.accelerator === 'edgetpu' ? ' on the Edge TPU' : '';
    const key =
      settings.accelerator === 'edgetpu'
        ? ''
        : ` Set infer.deadlineMs: ${raisedMs} to make that the rule, or choose a smaller model.`;
    logger.warn(
      `${name} takes ${Math.round(latencyMs)} ms for an inference${where}: its answers are waited for ${raisedMs} ms, not ${deadlineMs}.${key}`,
    );
  }

  async #run(name: string, inputs: readonly Uint8Array[], deadlineMs?: number): Promise<InferenceResult> {
    const entry = this.#loaded.get(name);
    if (this.#worker === undefined || entry === undefined) {
      throw new UnavailableError(`The model ${name} is not loaded: ${this.fault || 'the worker is starting'}.`);
    }
    const fromMs = performance.now();
    const handed = this.#worker.put(inputs);
    const { reply, payload, firstSinceMs, answeredMs } = await this.#worker.infer(name, handed, {
      deadlineMs: deadlineMs ?? entry.deadline.ms,
    });
    if (reply.kind !== 'result') throw new UnavailableError('The worker answered something else than a result.');
    let at = 0;
    const outputs = entry.model.outputs.map((spec, position) => {
      const from = at;
      at += entry.outputBytes[position]!;
      return { spec, bytes: payload.subarray(from, at) };
    });
    const roundTripMs = answeredMs - Math.max(fromMs, firstSinceMs);
    entry.deadline.answered(roundTripMs);
    return { model: entry.model, outputs, invokeMs: reply.invokeMs, roundTripMs };
  }

  /** The accelerator answered with a fault: its worker is ended, and started again after the back-off. */
  fail(reason: string): void {
    this.fault = reason;
    this.#ready = false;
    this.#worker?.kill(reason);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    const worker = this.#worker;
    worker?.kill('goby stops');
    await worker?.exited;
  }

  async #start(): Promise<void> {
    const { settings, logger, prove, onChange } = this.#options;
    // One that was given up has to be gone first: nobody would end it any more.
    if (this.#worker !== undefined) await this.#worker.exited;
    if (this.#stopped) throw new UnavailableError('goby stops.');
    clearTimeout(this.#timer);
    let worker: WorkerProcess;
    try {
      worker = new WorkerProcess(settings, logger, { onNone: (why) => this.#tellNoMemory(why) });
    } catch (error) {
      this.fault = sentence(error);
      this.#startLater();
      throw error;
    }
    this.#worker = worker;
    this.#loaded.clear();
    this.#signsOfLife = new AnswerDeadline(this.#options.deadlineMs);
    void worker.exited.then((why) => this.#onExit(worker, why));
    try {
      // In the queue, since calls may already come in for models that are loaded while others still follow.
      await this.#requests.alone(async () => {
        for (const pair of this.#pairs.values()) await prove(this, await this.#load(pair));
      });
    } catch (error) {
      this.fault = sentence(error);
      worker.kill(this.fault);
      // The next model must not be given to a process that is about to end.
      await worker.exited;
      throw error;
    }
    this.#ready = true;
    this.#failures = 0;
    this.fault = '';
    this.waitUntilMs = undefined;
    this.#heartbeat = setInterval(() => void this.#ping(), heartbeatMs);
    this.#heartbeat.unref();
    onChange();
  }

  #tellNoMemory(why: string): void {
    if (this.#toldNoMemory) return;
    this.#toldNoMemory = true;
    this.#options.logger.warn(
      `${why} Tensors go through a pipe until there is room again, which is slower (said once). What fills it: du -sh /dev/shm/*`,
    );
  }

  async #load(pair: ModelPair): Promise<LoadedModel> {
    const file = this.#options.fileOf(pair)!;
    if (this.#worker === undefined) throw new UnavailableError(`The model ${pair.name} is not loaded: ${this.fault}.`);
    const { reply } = await this.#worker.request(
      { kind: 'load', model: pair.name, ...file, feedback: [...(pair.feedback ?? [])] },
      { deadlineMs: Math.max(loadDeadlineMs, this.#options.deadlineMs) },
    );
    if (reply.kind !== 'loaded') throw new UnavailableError('The worker answered something else than a loaded model.');
    const { backend, threads, inputs, outputs, outputBytes } = reply;
    const counted = threads === undefined ? {} : { threads };
    const { derivedFrom } = file;
    const hashes =
      derivedFrom === undefined ? { sha256: file.sha256 } : { sha256: derivedFrom.sha256, derivedSha256: file.sha256 };
    const model: LoadedModel = { name: pair.name, backend, ...hashes, ...counted, inputs, outputs };
    // A worker that was given up too soon is given the whole deadline again.
    this.#loaded.set(pair.name, { model, outputBytes, deadline: new AnswerDeadline(this.#options.deadlineMs) });
    return model;
  }

  async #ping(): Promise<void> {
    if (this.#worker === undefined || this.#worker.busy || !this.#ready) return;
    await this.#requests
      .alone(async () => {
        if (!this.#ready || this.#worker === undefined) return;
        const fromMs = performance.now();
        await this.#worker.request({ kind: 'ping' }, { deadlineMs: this.#signsOfLife.ms });
        this.#signsOfLife.answered(performance.now() - fromMs);
      })
      .catch(() => undefined);
  }

  #onExit(worker: WorkerProcess, why: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#ready = false;
    clearInterval(this.#heartbeat);
    if (this.#stopped) return;
    if (this.fault === '') this.fault = why;
    this.#startLater();
  }

  #startLater(): void {
    const delayMs = backoffMs(this.#failures++, this.#options.backoff, this.#options.random);
    this.waitUntilMs = performance.now() + delayMs;
    this.#options.onChange();
    this.#timer = setTimeout(() => void this.start().catch(() => undefined), delayMs);
  }
}
