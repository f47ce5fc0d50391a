/** The port to inference: load models, run one tensor through one of them. Adapter: the supervised worker process. */
import type { Backend, ModelPair } from '../../models/model-file.ts';
import type { TensorSpec } from '../preprocess/tensor.ts';

/** What is known of a model once an interpreter has been made for it. */
export interface LoadedModel {
  readonly name: string;
  readonly backend: Backend;
  /** Of the model's own file, as its owner knows it. */
  readonly sha256: string;
  /** Of the file that ran in its place, where one was derived from it: see models/derived. */
  readonly derivedSha256?: string;
  /** Threads of one inference. */
  readonly threads?: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Bytes of memory that the interpreter's tensors take, where the library says so. */
  readonly arenaBytes?: number;
}

export interface RawOutput {
  readonly spec: TensorSpec;
  /** Little-endian, row-major, in spec.type; valid until infer() is called again after this one has settled. */
  readonly bytes: Uint8Array;
}

/** The raw outputs of one inference, with what produced them. */
export interface InferenceResult {
  readonly model: LoadedModel;
  readonly outputs: readonly RawOutput[];
  /** Time inside the library's Invoke. */
  readonly invokeMs: number;
  /** From when no other inference was before it to the answer, the hand-over included: the sum of all is never more than the time that passed. */
  readonly roundTripMs: number;
}

/** Published under health: which backend works now and why. */
export interface EngineStatus {
  readonly state: 'starting' | 'ready' | 'failing-over' | 'degraded' | 'stopped';
  readonly backend: Backend | undefined;
  /** A sentence, such as why the Edge TPU is not used and when it is tried again. */
  readonly detail: string;
  /** Deadline of a declared wait (back-off, restart), performance.now() ms. */
  readonly waitUntilMs?: number;
}

export interface Engine {
  /** Loads a model (again, if it was loaded before) into every worker it fits. Resolves with the backend that will answer first. */
  load(pair: ModelPair): Promise<LoadedModel>;
  /** Frees a model in every worker. What was asked of it before is answered first; nothing happens when it isn't loaded. */
  unload(model: string): Promise<void>;
  /**
   * Runs one inference. `inputs` are the bytes of the inputs that aren't fed back, in order; they are read when their turn
   * comes, so leave them as they are until this has settled. A fault of one backend is answered by another inside the same call where possible; rejects with
   * UnavailableError when none can answer, and for a model that isn't loaded. Calls are answered in order.
   */
  infer(model: string, inputs: readonly Uint8Array[]): Promise<InferenceResult>;
  /** True while no inference is asked for: an engine that nobody asks owes no progress. */
  readonly isIdle: boolean;
  readonly status: EngineStatus;
  onStatus(listener: (status: EngineStatus) => void): void;
  /** Ends the workers. Whatever is asked then, or still waits for an answer, rejects with UnavailableError. */
  stop(): Promise<void>;
}
