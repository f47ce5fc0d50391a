/** Reads a sorted table of LevelDB (doc/table_format.md of google/leveldb), which the index of TensorFlow's checkpoints is. */
import { InputError } from '../../../errors.ts';

const footerBytes = 48;
/** The last 8 bytes, little-endian. */
const magic = 0xdb4775248b80fb57n;
/** More keys than a checkpoint has variables. */
const mostEntries = 1_000_000;

/** All entries in the order of their keys. @throws InputError when it is damaged, or its blocks are packed */
export function readSortedTable(bytes: Buffer, source: string): Map<string, Uint8Array> {
  const damaged = (): InputError => new InputError(`${source} is damaged: it is no table of a checkpoint.`);
  if (bytes.length < footerBytes || bytes.readBigUInt64LE(bytes.length - 8) !== magic) throw damaged();
  const footer = new Cursor(bytes.subarray(bytes.length - footerBytes), damaged);
  // The index of metadata comes first.
  footer.varint();
  footer.varint();
  const entries = new Map<string, Uint8Array>();
  const block = (cursor: Cursor): Iterable<readonly [Buffer, Uint8Array]> => {
    const [offset, size] = [cursor.varint(), cursor.varint()];
    if (offset + size + 5 > bytes.length) throw damaged();
    if (bytes[offset + size] !== 0) throw new InputError(`${source} is packed with Snappy, which goby doesn't read.`);
    return blockEntries(bytes.subarray(offset, offset + size), damaged);
  };
  for (const [, handle] of block(footer)) {
    for (const [key, value] of block(new Cursor(Buffer.from(handle), damaged))) {
      if (entries.size >= mostEntries) throw damaged();
      entries.set(key.toString('utf8'), value);
    }
  }
  return entries;
}

/** Keys share their beginnings with the key before; a list of restarts follows the entries. */
function* blockEntries(block: Buffer, damaged: () => InputError): Generator<readonly [Buffer, Uint8Array]> {
  if (block.length < 4) throw damaged();
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw damaged();
  const cursor = new Cursor(block.subarray(0, end), damaged);
  let key: Buffer = Buffer.alloc(0);
  while (cursor.at < end) {
    const [shared, own, length] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length) throw damaged();
    key = Buffer.concat([key.subarray(0, shared), cursor.take(own)]);
    yield [key, cursor.take(length)];
  }
}

class Cursor {
  readonly #bytes: Buffer;
  readonly #damaged: () => InputError;
  at = 0;

  constructor(bytes: Buffer, damaged: () => InputError) {
    this.#bytes = bytes;
    this.#damaged = damaged;
  }

  /** Seven bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 50; factor *= 128) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw this.#damaged();
  }

  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw this.#damaged();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}
