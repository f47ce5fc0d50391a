/** A model's files as the engine takes them, and what can run them. */

/** `cpu`: built-in kernels; `xnnpack`: CPU through the XNNPACK delegate; `edgetpu`: the Edge TPU delegate. */
export type Backend = 'cpu' | 'xnnpack' | 'edgetpu';

/** A model file on disk whose hash is known; the worker reads and checks the bytes itself before use. */
export interface ModelFile {
  readonly path: string;
  /** Lower-case hex SHA-256 of the whole file. */
  readonly sha256: string;
}

/** One model, and, where there is one, its twin compiled for the Edge TPU. */
export interface ModelPair {
  readonly name: string;
  readonly cpu: ModelFile;
  readonly edgetpu?: ModelFile;
  /** Outputs that are copied to inputs before the next inference: recurrent state. Pairs of positions, not tensor indices. */
  readonly feedback?: readonly { readonly output: number; readonly input: number }[];
}
