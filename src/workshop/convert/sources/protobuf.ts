/** Reads protobuf messages field by field, and never beyond the bytes that are there. */
import { PbfReader } from 'pbf';
import { InputError, sentence } from '../../../errors.ts';

/** What to do with each field of a message, by its number; others are passed over. */
export type Fields<Message> = Readonly<Record<number, (message: Message, reader: PbfReader) => void>>;

/** @throws InputError saying that `source` is no `what` */
export function readProtobuf<Message>(
  bytes: Uint8Array,
  fields: Fields<Message>,
  message: Message,
  { source, what, remedy }: { source: string; what: string; remedy?: string },
): Message {
  try {
    const reader = new PbfReader(bytes);
    return readUntil(reader, fields, message, bytes.length);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${source} is no ${what} (${sentence(cause)}).`, {
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}

/** A message inside of a message. */
export function readInner<Message>(reader: PbfReader, fields: Fields<Message>, message: Message): Message {
  return readUntil(reader, fields, message, endOf(reader));
}

/** Text, and bytes as a view of the file. */
export const readText = (reader: PbfReader): string => Buffer.from(readView(reader)).toString('utf8');

export function readView(reader: PbfReader): Uint8Array {
  const end = endOf(reader);
  const view = reader.buf.subarray(reader.pos, end);
  reader.pos = end;
  return view;
}

/** A number of up to 64 bits that may be negative. */
export const readInteger = (reader: PbfReader): number => reader.readVarint(true);

/** Repeated numbers: packed, or one field each. */
export function readNumbers(reader: PbfReader, into: number[], read: (reader: PbfReader) => number): void {
  const packed = 2;
  if (reader.type !== packed) {
    into.push(read(reader));
    return;
  }
  const end = endOf(reader);
  while (reader.pos < end) into.push(read(reader));
}

function readUntil<Message>(reader: PbfReader, fields: Fields<Message>, message: Message, end: number): Message {
  while (reader.pos < end) {
    const key = reader.readVarint();
    const field = key >> 3;
    reader.type = key & 7;
    if (field === 0) throw new Error('a field has the number 0');
    const start = reader.pos;
    const read = fields[field];
    if (read === undefined) reader.skip(key);
    else read(message, reader);
    if (reader.pos > end || reader.pos === start) throw new Error('it is cut off');
  }
  return message;
}

function endOf(reader: PbfReader): number {
  const end = reader.readVarint() + reader.pos;
  if (end > reader.buf.length) throw new Error('it is cut off');
  return end;
}
