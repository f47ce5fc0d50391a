/** The golden inference: one fixed input, and whether two backends answer it alike. */

import type { ModelPair } from '../../models/model-file.ts';
import type { LoadedModel, RawOutput } from './engine.ts';

const bytesOf: Record<string, number> = {
  uint8: 1,
  int8: 1,
  bool: 1,
  int16: 2,
  float16: 2,
  int32: 4,
  float32: 4,
  int64: 8,
};

/** A fixed picture for every input that isn't fed back: a slow gradient, in range for every tensor type. */
export function goldenInputs({ inputs }: LoadedModel, pair: ModelPair | undefined): Uint8Array[] {
  const fed = new Set(pair?.feedback?.map(({ input }) => input));
  return inputs
    .filter((_, position) => !fed.has(position))
    .map(({ type, shape }) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      if (type === 'float32')
        return new Uint8Array(Float32Array.from({ length: count }, (_, at) => ((at % 256) - 128) / 128).buffer);
      return Uint8Array.from({ length: count * (bytesOf[type] ?? 1) }, (_, at) => at % 251);
    });
}

/** Twin files differ by a few quantization steps: at least 90 % of the values within 16 steps of 256, and the same sizes. */
export function agrees(expected: readonly RawOutput[], found: readonly RawOutput[]): boolean {
  if (expected.length !== found.length) return false;
  return expected.every(({ spec, bytes }, position) => {
    const other = found[position]!;
    if (other.bytes.byteLength !== bytes.byteLength) return false;
    if (spec.type !== 'uint8' && spec.type !== 'int8') return true;
    const near = bytes.reduce((count, value, at) => count + (Math.abs(value - other.bytes[at]!) <= 16 ? 1 : 0), 0);
    return near >= 0.9 * bytes.byteLength;
  });
}
