/** Real values of an output: real = scale * (stored - zeroPoint). */
import type { RawOutput } from '../infer/engine.ts';

/** Reads one value at a time; nothing is copied where the bytes are aligned. */
export type RealValues = { readonly length: number; at(index: number): number };

export function realValues({ spec, bytes }: RawOutput): RealValues {
  const stored = storedValues(spec.type, bytes);
  const { scale, zeroPoint } = spec;
  if (scale === 0 || spec.type === 'float32') return { length: stored.length, at: (index) => Number(stored[index]) };
  return { length: stored.length, at: (index) => scale * (Number(stored[index]) - zeroPoint) };
}

function storedValues(type: RawOutput['spec']['type'], bytes: Uint8Array): ArrayLike<number | bigint> {
  const size = type === 'float32' || type === 'int32' ? 4 : type === 'int64' ? 8 : type === 'int16' ? 2 : 1;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  const length = Math.floor(byteLength / size);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    default:
      return aligned;
  }
}
