/** A tensor: the bytes a model reads, and where the frame's picture lies in it. The noun that preprocess/ hands on. */
import type { Placement } from '../../geometry/boxes.ts';

export const tensorTypes = ['uint8', 'int8', 'float32', 'int32', 'int64', 'int16', 'float16', 'bool'] as const;
export type TensorType = (typeof tensorTypes)[number];

/** What the model file says of one input or output. real = scale * (stored - zeroPoint); scale 0: not quantized. */
export interface TensorSpec {
  readonly index: number;
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface Tensor {
  /** Row-major [1, height, width, channels], in the type of the input it was made for. Owned by the preprocessor's pool. */
  readonly bytes: Uint8Array;
  readonly placement: Placement;
  /** Where the frame lies in the lower half, where two regions share the tensor; `placement` is that of the upper one then. */
  readonly below?: { readonly placement: Placement; readonly seam: number };
  /** Gives the buffer back. Call exactly once, after the engine took the bytes. */
  release(): void;
}
