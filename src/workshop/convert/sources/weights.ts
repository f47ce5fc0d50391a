/** Weights of a TensorFlow.js manifest: shards joined, cut by tensor, and turned back into floats where they are compressed. */
import { z } from 'zod';
import { InputError } from '../../../errors.ts';
import type { TensorValue } from '../graph-def.ts';
import { shapeText, sizeOf } from '../shapes.ts';

export const weightEntrySchema = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'uint8', 'float16', 'string', 'complex64', 'int64']),
  quantization: z
    .object({ dtype: z.enum(['uint8', 'uint16', 'float16']), scale: z.number().optional(), min: z.number().optional() })
    .optional(),
});
export type WeightEntry = z.output<typeof weightEntrySchema>;

const widths: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
  int64: 8,
};

/**
 * @param bytes all shards of one manifest group, joined
 * @throws InputError when there are fewer bytes than the manifest says
 */
export function readWeights(
  entries: readonly WeightEntry[],
  bytes: Uint8Array,
  source: string,
): Map<string, TensorValue> {
  const weights = new Map<string, TensorValue>();
  let at = 0;
  for (const entry of entries) {
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const width = widths[stored];
    if (width === undefined) {
      throw new InputError(`${source}: the weight ${entry.name} has the type ${stored}, which goby doesn't read.`);
    }
    const length = sizeOf(entry.shape) * width;
    if (at + length > bytes.length) {
      throw new InputError(
        `${source}: the weights are too short: ${entry.name} ${shapeText(entry.shape)} ends at byte ${at + length}, and there are ${bytes.length}.`,
        { remedy: 'A shard is missing or cut off: fetch it again.' },
      );
    }
    // A copy: typed arrays need their first byte aligned. Not bytes.slice(), which for a Buffer is a view.
    const piece = new Uint8Array(bytes.subarray(at, at + length));
    weights.set(entry.name, { shape: entry.shape, data: decode(entry, stored, piece) });
    at += length;
  }
  return weights;
}

/** @throws InputError naming the weight and the first value that is no number */
export function checkFinite(data: ArrayLike<number>, name: string, source: string): void {
  for (let index = 0; index < data.length; index += 1) {
    if (!Number.isFinite(data[index])) {
      throw new InputError(`${source}: the weight ${name} has ${data[index]} at position ${index}.`, {
        remedy: 'The training diverged or the file is damaged: such a model can not be converted.',
      });
    }
  }
}

/** real = stored * scale + min for uint8 and uint16; float16 is IEEE half precision. */
function decode(entry: WeightEntry, stored: string, bytes: Uint8Array): TensorValue['data'] {
  const { buffer } = bytes;
  const { scale = 1, min = 0 } = entry.quantization ?? {};
  const isInteger = entry.dtype === 'int32';
  switch (stored) {
    case 'float32':
      return new Float32Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case 'int64':
      return Int32Array.from(new BigInt64Array(buffer), Number);
    default: {
      const codes = stored === 'uint16' ? new Uint16Array(buffer) : bytes;
      if (entry.quantization === undefined) return Int32Array.from(codes);
      return isInteger
        ? Int32Array.from(codes, (code) => Math.round(code * scale + min))
        : Float32Array.from(codes, (code) => code * scale + min);
    }
  }
}

/** IEEE 754 half precision. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
