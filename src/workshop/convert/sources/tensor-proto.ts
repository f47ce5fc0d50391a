/** Constants as TensorFlow writes them (tensorflow/core/framework/{tensor,tensor_shape}.proto). */
import type { PbfReader } from 'pbf';
import { InputError } from '../../../errors.ts';
import type { ConstantData } from '../graph.ts';
import { dataTypeName, type TensorValue } from '../graph-def.ts';
import { sizeOf } from '../shapes.ts';
import { type Fields, readInner, readInteger, readNumbers, readText, readView } from './protobuf.ts';
import { halfToFloat } from './weights.ts';

export interface TensorMessage {
  type: number;
  shape: number[];
  content: Uint8Array | undefined;
  /** Of whichever `*_val` field is used. */
  values: number[];
  readonly texts: string[];
}

const dimensionFields: Fields<{ size: number }> = {
  1: (dimension, reader) => {
    dimension.size = readInteger(reader);
  },
};

/** Sizes; -1 for an unknown one. */
export const shapeFields: Fields<number[]> = {
  2: (shape, reader) => {
    shape.push(readInner(reader, dimensionFields, { size: 0 }).size);
  },
};

const numbers =
  (read: (reader: PbfReader) => number) =>
  ({ values }: TensorMessage, reader: PbfReader): void =>
    readNumbers(reader, values, read);

const tensorFields: Fields<TensorMessage> = {
  1: (tensor, reader) => {
    tensor.type = readInteger(reader);
  },
  2: (tensor, reader) => {
    readInner(reader, shapeFields, tensor.shape);
  },
  4: (tensor, reader) => {
    tensor.content = readView(reader);
  },
  5: numbers((reader) => reader.readFloat()),
  6: numbers((reader) => reader.readDouble()),
  7: numbers(readInteger),
  8: ({ texts }, reader) => {
    texts.push(readText(reader));
  },
  10: numbers(readInteger),
  11: numbers(readInteger),
  13: numbers((reader) => halfToFloat(reader.readVarint())),
};

export function readTensor(reader: PbfReader): TensorMessage {
  return readInner(reader, tensorFields, { type: 0, shape: [], content: undefined, values: [], texts: [] });
}

/** More values than any model for a Pi has in one constant; a damaged shape asks for more. */
const greatestConstant = 2 ** 28;

/** A shorter list of values stands for one whose last value goes on to the end. @throws InputError naming the constant */
export function tensorValue(tensor: TensorMessage, name: string, source: string): TensorValue {
  const { shape, content } = tensor;
  const type = dataTypeName(tensor.type);
  const size = checkedSize(shape, name, source);
  const listed = content !== undefined && content.length > 0 ? rawValues(type, content) : tensor.values;
  // Strings and other types that no picture model computes with: unknown where they are used.
  if (listed === undefined || listed.length > size || type === 'DT_STRING')
    return { shape: [0], data: new Float32Array() };
  if (listed.length < size && content !== undefined && content.length > 0) {
    throw new InputError(`${source}: the constant ${name} is cut off: ${listed.length} of ${size} values are there.`);
  }
  const last = listed.at(-1) ?? 0;
  const data: ConstantData = isInteger(type) ? new Int32Array(size).fill(last) : new Float32Array(size).fill(last);
  data.set(isInteger(type) ? Array.from(listed, within32Bits) : listed);
  return { shape, data };
}

/** @throws InputError for a shape that no constant has */
export function checkedSize(shape: readonly number[], name: string, source: string): number {
  const size = sizeOf(shape);
  if (size >= 0 && size <= greatestConstant && shape.every((one) => one >= 0)) return size;
  throw new InputError(`${source}: the constant ${name} has the impossible shape [${shape.join(', ')}].`);
}

export const isInteger = (type: string): boolean => /INT|BOOL/.test(type);

/** The end of a slice that goes on to the last element is the greatest of 64 bits. */
const within32Bits = (value: number): number => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);

/** Little-endian numbers of a data type; undefined for types that aren't read. */
export function rawValues(type: string, bytes: Uint8Array): number[] | Float32Array | Int32Array | undefined {
  // A copy: typed arrays need their first byte aligned, and whole elements.
  const whole = (width: number) => new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % width))).buffer;
  switch (type) {
    case 'DT_FLOAT':
      return new Float32Array(whole(4));
    case 'DT_DOUBLE':
      return Array.from(new Float64Array(whole(8)));
    case 'DT_HALF':
      return Array.from(new Uint16Array(whole(2)), halfToFloat);
    case 'DT_BFLOAT16':
      return Array.from(new Uint16Array(whole(2)), bfloatToFloat);
    case 'DT_INT32':
      return new Int32Array(whole(4));
    case 'DT_INT64':
      return Array.from(new BigInt64Array(whole(8)), (value) => within32Bits(Number(value)));
    case 'DT_INT16':
      return Array.from(new Int16Array(whole(2)));
    case 'DT_INT8':
      return Array.from(new Int8Array(whole(1)));
    case 'DT_UINT8':
    case 'DT_BOOL':
      return Array.from(bytes);
    default:
      return undefined;
  }
}

/** The upper half of a float's bits. */
function bfloatToFloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
