/** A model's files as the engine takes them, and what can run them. */

/** `cpu`: built-in kernels; `xnnpack`: CPU through the XNNPACK delegate; `edgetpu`: the Edge TPU delegate. */
export type Backend = 'cpu' | 'xnnpack' | 'edgetpu';

/** A model file on disk whose hash is known; the worker reads and checks the bytes itself before use. */
export interface ModelFile {
  readonly path: string;
  /** Lower-case hex SHA-256 of the whole file. */
  readonly sha256: string;
  /** Absent: this is the file as its maker left it. */
  readonly derivedFrom?: DerivedFrom;
}

/** What a derived file was made from, and how: see models/derived. */
export interface DerivedFrom {
  readonly path: string;
  readonly sha256: string;
  /** With their versions, such as `operator-versions 1`. */
  readonly recipes: readonly string[];
  /** What they changed, in words. */
  readonly changes: readonly string[];
}

/** One model, and, where there is one, its twin compiled for the Edge TPU. */
export interface ModelPair {
  readonly name: string;
  readonly cpu: ModelFile;
  readonly edgetpu?: ModelFile;
  /** Outputs that are copied to inputs before the next inference: recurrent state. Pairs of positions, not tensor indices. */
  readonly feedback?: readonly { readonly output: number; readonly input: number }[];
}

/** The hash that a file's owner knows: of a derived file that of what it was made from. */
export function ownSha256({ sha256, derivedFrom }: ModelFile): string {
  return derivedFrom?.sha256 ?? sha256;
}

/** Where the file lies that its owner changes: of a derived file that which it was made from. */
export function ownPath({ path, derivedFrom }: ModelFile): string {
  return derivedFrom?.path ?? path;
}
