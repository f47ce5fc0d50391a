/** The variables of a SavedModel: an index and data files (tensorflow/core/protobuf/tensor_bundle.proto). */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InputError, sentence } from '../../../errors.ts';
import { dataTypeName, type TensorValue } from '../graph-def.ts';
import { maskedCrc32c } from './crc32c.ts';
import { type Fields, readInner, readInteger, readProtobuf } from './protobuf.ts';
import { readSortedTable } from './sorted-table.ts';
import { checkedSize, isInteger, rawValues, shapeFields } from './tensor-proto.ts';

interface Entry {
  type: number;
  readonly shape: number[];
  shard: number;
  offset: number;
  size: number;
  crc: number | undefined;
  isSliced: boolean;
}

const entryFields: Fields<Entry> = {
  1: (entry, reader) => {
    entry.type = readInteger(reader);
  },
  2: (entry, reader) => {
    readInner(reader, shapeFields, entry.shape);
  },
  3: (entry, reader) => {
    entry.shard = readInteger(reader);
  },
  4: (entry, reader) => {
    entry.offset = readInteger(reader);
  },
  5: (entry, reader) => {
    entry.size = readInteger(reader);
  },
  6: (entry, reader) => {
    entry.crc = reader.readFixed32();
  },
  7: (entry, reader) => {
    readInner(reader, {}, {});
    entry.isSliced = true;
  },
};

const headerFields: Fields<{ shards: number; isBigEndian: boolean }> = {
  1: (header, reader) => {
    header.shards = readInteger(reader);
  },
  2: (header, reader) => {
    header.isBigEndian = readInteger(reader) === 1;
  },
};

export interface TensorBundle {
  has(key: string): boolean;
  /** @throws InputError when it isn't there, or damaged */
  read(key: string): Promise<TensorValue>;
}

/** @param prefix path of the index without `.index` @throws InputError when there is none, or it is damaged */
export async function openTensorBundle(prefix: string): Promise<TensorBundle> {
  const index = `${prefix}.index`;
  const bytes = await readFile(index).catch((cause: unknown) => {
    throw new InputError(`${index} can't be read: ${sentence(cause)}.`, {
      remedy: 'A SavedModel has its variables in the folder variables: copy the whole folder.',
      cause,
    });
  });
  const entries = readSortedTable(bytes, index);
  const what = 'index of variables';
  const start = { shards: 1, isBigEndian: false };
  const header = readProtobuf(entries.get('') ?? new Uint8Array(), headerFields, start, { source: index, what });
  if (header.isBigEndian)
    throw new InputError(`${index} was written by a big-endian machine, which goby doesn't read.`);
  const entryOf = (key: string): Entry => {
    const found = entries.get(key);
    if (found === undefined || key === '') throw new InputError(`${index} has no variable ${key}.`);
    const empty: Entry = { type: 0, shape: [], shard: 0, offset: 0, size: 0, crc: undefined, isSliced: false };
    return readProtobuf(found, entryFields, empty, { source: index, what });
  };
  const shardName = (shard: number) => {
    const digits = (number: number) => String(number).padStart(5, '0');
    return `${prefix}.data-${digits(shard)}-of-${digits(header.shards)}`;
  };
  return {
    has: (key) => key !== '' && entries.has(key),
    read: async (key) => {
      const entry = entryOf(key);
      if (entry.isSliced) throw new InputError(`${index}: the variable ${key} is in slices, which goby doesn't read.`);
      return variableValue(entry, key, shardName(entry.shard));
    },
  };
}

async function variableValue(entry: Entry, key: string, shard: string): Promise<TensorValue> {
  const type = dataTypeName(entry.type);
  const size = checkedSize(entry.shape, key, shard);
  if (entry.size > 8 * size)
    throw new InputError(`${shard}: the variable ${key} has ${entry.size} bytes for ${size} values.`);
  const bytes = await readPart(shard, entry.offset, entry.size);
  if (bytes.length < entry.size || (entry.crc !== undefined && maskedCrc32c(bytes) !== entry.crc)) {
    throw new InputError(`${basename(shard)}: the variable ${key} is cut off or damaged.`, {
      remedy: 'Copy the SavedModel again.',
    });
  }
  const values = rawValues(type, bytes);
  if (values?.length !== size)
    throw new InputError(`${shard}: the variable ${key} is ${type}, which goby doesn't read.`);
  return { shape: entry.shape, data: isInteger(type) ? Int32Array.from(values) : Float32Array.from(values) };
}

async function readPart(file: string, offset: number, size: number): Promise<Uint8Array> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new InputError(`${file} can't be read: ${sentence(cause)}.`, { remedy: 'Copy the whole SavedModel.', cause });
  });
  try {
    const bytes = new Uint8Array(size);
    const { bytesRead } = await handle.read(bytes, 0, size, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
