/** Inference that survives its libraries: a CPU worker always ready, an Edge TPU worker where there is one, failover both ways. */
import { availableParallelism } from 'node:os';
import type { InferConfig } from '../../config/schema.ts';
import { isExpected, sentence, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ModelPair } from '../../models/model-file.ts';
import { findEdgetpuDevices } from './edgetpu-device.ts';
import type { Engine, EngineStatus, InferenceResult, LoadedModel } from './engine.ts';
import { agrees, goldenInputs } from './golden.ts';
import { Turns } from './turns.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface WorkerEngineOptions {
  readonly config: InferConfig;
  /** Path of the TensorFlow Lite C library. */
  readonly library: string;
  readonly logger: Logger;
  /** Finds Edge TPUs; another one in tests, for machines that have none. */
  readonly findDevices?: () => readonly unknown[];
  /** Cameras that work beside inference: with `infer.threads: auto` each is left a share of the cores. 1 where nothing is said. */
  readonly cameras?: number;
  /** Leaves XNNPACK alone, so that a model can be held against itself. */
  readonly builtInKernels?: boolean;
}

/** A CPU worker that died is back within moments: its fault is seldom its own. */
const cpuBackoff = { firstMs: 50, factor: 2, maxMs: 5000 };
/** An Edge TPU that hangs must not cost more than this share of a deadline-and-a-half before the CPU answers. */
const edgetpuDeadlineMs = 700;
/** First inferences: what takes longer is of little use to a camera, and may as well hang. */
const cpuProofMs = 20_000;
/** One that hangs is found no later than this at the start, while the CPU waits to answer. */
const edgetpuProofMs = 3000;
/** How often a machine without an Edge TPU looks for one. */
const probeMs = 5000;

/** Cores for each camera; 8 is the most that infer.threads takes. */
function mostThreads(cameras: number): number {
  return Math.min(8, Math.max(1, Math.floor(availableParallelism() / Math.max(1, cameras))));
}

/** An engine whose workers are processes of this machine. */
export interface WorkerEngine extends Engine {
  workerPids(): number[];
  /** Starts the CPU worker before any model is there: the first one need not wait for it. A fault is told by load(). */
  start(): Promise<void>;
}

export function createWorkerEngine(options: WorkerEngineOptions): WorkerEngine {
  return new SupervisedEngine(options);
}

class SupervisedEngine implements WorkerEngine {
  readonly #options: WorkerEngineOptions;
  readonly #cpu: WorkerSlot;
  #edgetpu: WorkerSlot | undefined;
  #probe: NodeJS.Timeout | undefined;
  readonly #listeners: ((status: EngineStatus) => void)[] = [];
  readonly #pairs = new Map<string, ModelPair>();
  #status: EngineStatus = { state: 'starting', backend: undefined, detail: 'no model is loaded yet' };
  readonly #turns = new Turns();
  #inFlight = 0;
  #stopped = false;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    const { config, library, logger, findDevices = findEdgetpuDevices, cameras = 1, builtInKernels = false } = options;
    const { threads, deadlineMs } = config;
    const onChange = () => this.#report();
    this.#cpu = new WorkerSlot({
      settings: { accelerator: 'cpu', library, threads, mostThreads: mostThreads(cameras), builtInKernels },
      deadlineMs,
      proofMs: cpuProofMs,
      backoff: cpuBackoff,
      logger: logger.child('cpu-worker'),
      fileOf: (pair) => pair.cpu,
      prove: async (slot, loaded) => {
        await slot.proof(loaded.name, goldenInputs(loaded, this.#pairs.get(loaded.name)));
      },
      onChange,
    });
    if (config.edgetpu !== 'auto') return;
    if (findDevices().length > 0) this.#edgetpu = this.#edgetpuSlot();
    else this.#probe = setInterval(() => void this.#lookForEdgetpu(findDevices), probeMs).unref();
  }

  #edgetpuSlot(): WorkerSlot {
    const { config, library, logger } = this.#options;
    const { deadlineMs, retryMs, edgetpuLibrary } = config;
    return new WorkerSlot({
      settings: {
        accelerator: 'edgetpu',
        library,
        threads: 1,
        mostThreads: 1,
        ...(edgetpuLibrary === undefined ? {} : { edgetpuLibrary }),
      },
      deadlineMs: Math.min(deadlineMs, edgetpuDeadlineMs),
      proofMs: edgetpuProofMs,
      backoff: { firstMs: retryMs, factor: 2, maxMs: 16 * retryMs },
      logger: logger.child('edgetpu-worker'),
      fileOf: (pair) => pair.edgetpu,
      prove: (slot, loaded) => this.#proveEdgetpu(slot, loaded),
      onChange: () => this.#report(),
    });
  }

  /** A stick that is plugged in later is used from then on. */
  async #lookForEdgetpu(findDevices: () => readonly unknown[]): Promise<void> {
    if (findDevices().length === 0) return;
    clearInterval(this.#probe);
    this.#options.logger.info('an Edge TPU was plugged in');
    this.#edgetpu = this.#edgetpuSlot();
    for (const pair of this.#pairs.values()) await this.#addToEdgetpu(pair);
    this.#report();
  }

  get status(): EngineStatus {
    return this.#status;
  }

  onStatus(listener: (status: EngineStatus) => void): void {
    this.#listeners.push(listener);
  }

  workerPids(): number[] {
    return [this.#cpu.pid, this.#edgetpu?.pid].filter((pid) => pid !== undefined);
  }

  async start(): Promise<void> {
    await this.#cpu.start().catch(() => undefined);
  }

  async load(pair: ModelPair): Promise<LoadedModel> {
    this.#pairs.set(pair.name, pair);
    let loaded: LoadedModel;
    try {
      loaded = await this.#cpu.add(pair);
    } catch (error) {
      this.#pairs.delete(pair.name);
      // A model that ends its worker must not be part of the next one.
      await this.#cpu.remove(pair.name);
      throw error;
    }
    const onEdgetpu = await this.#addToEdgetpu(pair);
    this.#report();
    return onEdgetpu ?? loaded;
  }

  async #addToEdgetpu(pair: ModelPair): Promise<LoadedModel | undefined> {
    if (this.#edgetpu === undefined || pair.edgetpu === undefined) return undefined;
    try {
      return await this.#edgetpu.add(pair);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#options.logger.warn(`the Edge TPU is not used for ${pair.name}: ${sentence(error)}`);
      return undefined;
    }
  }

  unload(model: string): Promise<void> {
    return this.#turns.alone(async () => {
      this.#pairs.delete(model);
      await Promise.all([this.#cpu.remove(model), this.#edgetpu?.remove(model)]);
      this.#report();
    });
  }

  async infer(model: string, inputs: readonly Uint8Array[]): Promise<InferenceResult> {
    this.#inFlight += 1;
    try {
      const work = () => this.#infer(model, inputs);
      // An Edge TPU that fails must fail for one inference only: that one is answered by the CPU before the next is asked for.
      return await (this.#edgetpu?.has(model) ? this.#turns.alone(work) : this.#turns.overlapping(work));
    } finally {
      this.#inFlight -= 1;
    }
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#probe);
    await Promise.all([this.#cpu.stop(), this.#edgetpu?.stop()]);
    this.#publish({ state: 'stopped', backend: undefined, detail: 'stopped' });
  }

  async #infer(model: string, inputs: readonly Uint8Array[]): Promise<InferenceResult> {
    if (!this.#pairs.has(model)) throw new UnavailableError(`The model ${model} is not loaded.`);
    if (this.#edgetpu?.has(model)) {
      try {
        return await this.#edgetpu.infer(model, inputs);
      } catch (error) {
        if (!isExpected(error)) throw error;
        this.#edgetpu.fail(sentence(error));
        this.#options.logger.warn(`failing over from the Edge TPU to the CPU: ${sentence(error)}`);
      }
    }
    try {
      return await this.#cpu.infer(model, inputs);
    } catch (error) {
      // The worker's own end, not the model's fault: one more try in a fresh worker, if it is there soon.
      if (!(error instanceof UnavailableError) || this.#stopped) throw error;
      await this.#cpu.start();
      return this.#cpu.infer(model, inputs);
    }
  }

  /** The golden inference: the same input on Edge TPU and CPU must give answers that agree. */
  async #proveEdgetpu(slot: WorkerSlot, loaded: LoadedModel): Promise<void> {
    const inputs = goldenInputs(loaded, this.#pairs.get(loaded.name));
    const expected = await this.#cpu.infer(loaded.name, inputs);
    const copies = expected.outputs.map(({ spec, bytes }) => ({ spec, bytes: bytes.slice() }));
    const found = await slot.proof(loaded.name, inputs);
    if (!agrees(copies, found.outputs)) {
      throw new UnavailableError(`The golden inference of ${loaded.name} on the Edge TPU differs from the CPU's.`);
    }
  }

  #report(): void {
    if (this.#stopped) return;
    const paired = [...this.#pairs.values()].some(({ edgetpu }) => edgetpu !== undefined);
    const names = [...this.#pairs.keys()].join(', ');
    if (this.#edgetpu && paired && this.#edgetpu.isReady) {
      this.#publish({ state: 'ready', backend: 'edgetpu', detail: `the Edge TPU runs ${names}` });
    } else if (this.#cpu.isReady) {
      const backend = [...this.#pairs.keys()].map((name) => this.#cpu.model(name)?.backend).find(Boolean);
      const why =
        this.#edgetpu && paired ? `; the Edge TPU is not used: ${this.#edgetpu.fault || 'it is starting'}` : '';
      const waitUntilMs = this.#edgetpu?.waitUntilMs;
      this.#publish({
        state: why === '' ? 'ready' : 'degraded',
        backend,
        detail: `the CPU (${backend}) runs ${names}${why}`,
        ...(why !== '' && waitUntilMs !== undefined ? { waitUntilMs } : {}),
      });
    } else {
      const waitUntilMs = this.#cpu.waitUntilMs;
      this.#publish({
        state: 'failing-over',
        backend: undefined,
        detail: `the CPU worker is started again: ${this.#cpu.fault}`,
        ...(waitUntilMs === undefined ? {} : { waitUntilMs: waitUntilMs + 25_000 }),
      });
    }
  }

  #publish(status: EngineStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}
