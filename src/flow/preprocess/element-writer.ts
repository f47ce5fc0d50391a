/** Writes pixel values 0..255 into a tensor of any type, through a table of 256 entries. */
import type { Normalisation } from '../../models/model.ts';
import type { TensorSpec } from './tensor.ts';

/** real = (pixel - mean) / standardDeviation, of one channel. */
export interface PixelScale {
  readonly mean: number;
  readonly standardDeviation: number;
}

/** Stored values of each pixel value, for red, green and blue; one table where there is one channel. */
export type Tables = readonly [red: Elements, green: Elements, blue: Elements];

export type Elements = Uint8Array | Int8Array | Float32Array;

/** What float models of the MobileNet family are trained on: -1..1. */
const signedUnit: PixelScale = { mean: 127.5, standardDeviation: 127.5 };

/**
 * Stored value of each pixel value. Without a stated scale quantized inputs take the pixels as they are (uint8) or less
 * 128 (int8), as TensorFlow's quantization-aware training leaves them; float inputs take -1..1.
 */
export function elementTable({ type, scale, zeroPoint }: TensorSpec, stated?: PixelScale): Elements {
  const pixels = Array.from({ length: 256 }, (_, pixel) => pixel);
  if (type === 'float32') {
    const { mean, standardDeviation } = stated ?? signedUnit;
    return Float32Array.from(pixels, (pixel) => (pixel - mean) / standardDeviation);
  }
  const signed = type === 'int8';
  const [low, high] = signed ? [-128, 127] : [0, 255];
  const stored = pixels.map((pixel) => {
    if (stated === undefined || scale === 0) return signed ? pixel - 128 : pixel;
    const real = (pixel - stated.mean) / stated.standardDeviation;
    return Math.min(high, Math.max(low, Math.round(real / scale) + zeroPoint));
  });
  return signed ? Int8Array.from(stored) : Uint8Array.from(stored);
}

/** Tables of all channels; one and the same where no channel has its own scale. */
export function elementTables(spec: TensorSpec, stated?: Normalisation): Tables {
  if (stated === undefined) {
    const table = elementTable(spec);
    return [table, table, table];
  }
  const { mean, standardDeviation } = stated;
  const of = (value: number | readonly number[], channel: number): number =>
    typeof value === 'number' ? value : (value[channel] ?? value[0]!);
  const table = (channel: number) =>
    elementTable(spec, { mean: of(mean, channel), standardDeviation: of(standardDeviation, channel) });
  if (typeof mean === 'number' && typeof standardDeviation === 'number') {
    const same = table(0);
    return [same, same, same];
  }
  return [table(0), table(1), table(2)];
}

/** A typed view of a tensor's bytes. */
export function elementsOf(bytes: Uint8Array, type: TensorSpec['type']): Elements {
  const { buffer, byteOffset, byteLength } = bytes;
  if (type === 'float32') return new Float32Array(buffer, byteOffset, byteLength / 4);
  return type === 'int8' ? new Int8Array(buffer, byteOffset, byteLength) : bytes;
}
