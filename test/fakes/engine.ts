/**
 * An engine without processes and without a library. It reads model files as the real one does, echoes what an echo model is
 * shown, and lets a test say what detectors see. Both engines pass test/flow/infer/engine-contract.ts.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InputError, UnavailableError } from '../../src/errors.ts';
import type { EngineStatus, InferenceResult, LoadedModel, RawOutput } from '../../src/flow/infer/engine.ts';
import type { WorkerEngine } from '../../src/flow/infer/worker-engine.ts';
import type { TensorSpec, TensorType } from '../../src/flow/preprocess/tensor.ts';
import type { Box } from '../../src/geometry/boxes.ts';
import type { ModelPair } from '../../src/models/model-file.ts';
import { readModel } from '../../src/models/tflite-file/read-model.ts';
import { elementCount, mainGraph, operatorName } from '../../src/models/tflite-file/tflite-model.ts';

/** What a detector sees: the class by its number, and the box as fractions of the frame. */
export interface SeenObject {
  readonly classIndex: number;
  readonly score: number;
  readonly box: Box;
}

interface Loaded {
  readonly model: LoadedModel;
  readonly isEcho: boolean;
}

export class FakeEngine implements WorkerEngine {
  /** Seen by every detector from now on. */
  scene: readonly SeenObject[] = [];
  /** Names of the models, one for each inference. */
  readonly asked: string[] = [];
  readonly #loaded = new Map<string, Loaded>();
  readonly #listeners: ((status: EngineStatus) => void)[] = [];
  #status: EngineStatus = { state: 'starting', backend: undefined, detail: 'no model is loaded yet' };
  #turn: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  #held: Promise<void> = Promise.resolve();
  #letGo: () => void = () => undefined;
  #lost: Promise<void> | undefined;
  #find: () => void = () => undefined;
  #stopped = false;

  get status(): EngineStatus {
    return this.#status;
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Names of the models that are loaded. */
  get models(): string[] {
    return [...this.#loaded.keys()];
  }

  /** Loads and inferences wait until letGo(), or for stop(). */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#letGo = resolve;
    });
  }

  letGo(): void {
    this.#letGo();
  }

  /** The worker dies. Until find() nothing answers; `forGood`: and what is asked is refused rather than kept waiting. */
  lose({ forGood = false } = {}): void {
    this.#lost = forGood
      ? Promise.reject(new UnavailableError('The CPU worker ended: signal SIGKILL.'))
      : new Promise((resolve) => {
          this.#find = resolve;
        });
    this.#lost.catch(() => undefined);
    this.#publish({
      state: 'failing-over',
      backend: undefined,
      detail: 'the CPU worker is started again: signal SIGKILL',
    });
  }

  /** The worker is back. */
  find(): void {
    this.#lost = undefined;
    this.#find();
    this.#ready();
  }

  onStatus(listener: (status: EngineStatus) => void): void {
    this.#listeners.push(listener);
  }

  workerPids(): number[] {
    return [];
  }

  async start(): Promise<void> {}

  async load(pair: ModelPair): Promise<LoadedModel> {
    await this.#free();
    const { path, sha256 } = pair.cpu;
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new InputError(`${path} can't be read.`, { cause });
    });
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new InputError(`${path} has the SHA-256 ${found}, expected ${sha256}.`);
    const file = readModel(bytes, path);
    const graph = mainGraph(file);
    const specs = (indices: readonly number[]): TensorSpec[] =>
      indices.map((index) => {
        const { name = '', shape, type, quantization } = graph.tensors[index]!;
        return {
          index,
          name,
          type: type.toLowerCase() as TensorType,
          shape: [...shape],
          scale: quantization?.scale?.[0] ?? 0,
          zeroPoint: Number(quantization?.zeroPoint?.[0] ?? 0),
        };
      });
    const model: LoadedModel = {
      name: pair.name,
      backend: 'cpu',
      sha256,
      inputs: specs(graph.inputs),
      outputs: specs(graph.outputs),
    };
    this.#loaded.set(pair.name, { model, isEcho: operatorName(file, graph.operators[0]!) === 'RESHAPE' });
    this.#ready();
    return model;
  }

  async unload(model: string): Promise<void> {
    await this.#turn;
    this.#loaded.delete(model);
  }

  async infer(model: string, inputs: readonly Uint8Array[]): Promise<InferenceResult> {
    const fromMs = performance.now();
    this.#inFlight += 1;
    const turn = this.#turn.then(() => this.#infer(model, inputs, fromMs));
    this.#turn = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#letGo();
    this.#find();
    await this.#turn;
    this.#publish({ state: 'stopped', backend: undefined, detail: 'stopped' });
  }

  async #infer(name: string, inputs: readonly Uint8Array[], fromMs: number): Promise<InferenceResult> {
    await this.#free();
    const loaded = this.#loaded.get(name);
    if (loaded === undefined) throw new UnavailableError(`The model ${name} is not loaded.`);
    const { model, isEcho } = loaded;
    const wanted = elementCount(model.inputs[0]!.shape);
    if (inputs[0]?.byteLength !== wanted) {
      throw new InputError(`The model ${name} takes ${wanted} bytes, got ${inputs[0]?.byteLength}.`);
    }
    this.asked.push(name);
    const outputs = isEcho ? [{ spec: model.outputs[0]!, bytes: inputs[0].slice() }] : sceneOutputs(model, this.scene);
    return { model, outputs, invokeMs: 0, roundTripMs: performance.now() - fromMs };
  }

  /** Waits as long as the engine is held or lost. */
  async #free(): Promise<void> {
    await this.#held;
    await this.#lost;
    if (this.#stopped) throw new UnavailableError('goby stops.');
  }

  #ready(): void {
    this.#publish({ state: 'ready', backend: 'cpu', detail: `the CPU (cpu) runs ${this.models.join(', ')}` });
  }

  #publish(status: EngineStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}

/** As TFLite_Detection_PostProcess gives them. */
function sceneOutputs({ outputs }: LoadedModel, scene: readonly SeenObject[]): RawOutput[] {
  const values = [
    scene.flatMap(({ box: [x1, y1, x2, y2] }) => [y1, x1, y2, x2]),
    scene.map(({ classIndex }) => classIndex),
    scene.map(({ score }) => score),
    [scene.length],
  ];
  return outputs.map((spec, at) => {
    const floats = new Float32Array(elementCount(spec.shape));
    floats.set(values[at]!);
    return { spec, bytes: new Uint8Array(floats.buffer) };
  });
}
