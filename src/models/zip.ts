/** Reads zip archives within bounds: exports of training services, and the files packed behind a .tflite. */
import { crc32, inflateRawSync } from 'node:zlib';
import { InputError } from '../errors.ts';

export interface ZipEntry {
  /** As it stands in the archive, with its folders. */
  readonly name: string;
  /** Of its content, as the archive says. */
  readonly bytes: number;
  /** @throws InputError when it is damaged, packed in a way that goby doesn't read, or larger than `maxBytes` */
  content(maxBytes: number): Uint8Array;
}

/** An export has a handful of files. */
const maxEntries = 4096;

/**
 * The files of an archive, folders left out. It may stand behind other bytes, as in a .tflite. Structures: PKWARE APPNOTE
 * 4.3.12 and 4.3.16; encrypted archives and those over 4 GB are not read.
 * @param file how error messages name the archive
 * @returns undefined when there is no archive at the end of these bytes
 * @throws InputError when its list of files is damaged
 */
export function readZip(archive: Uint8Array, file: string): ZipEntry[] | undefined {
  const zip = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  const end = endRecord(zip);
  if (end === undefined) return undefined;
  const damaged = (): InputError =>
    new InputError(`The archive ${file} is damaged: its list of files can't be read.`, {
      remedy: 'Download it again.',
    });
  const directoryBytes = zip.readUInt32LE(end + 12);
  /** Offsets count from where the archive starts, which in a model is behind the flatbuffer unless the writer corrected them. */
  const shift = end - directoryBytes - zip.readUInt32LE(end + 16);
  const count = zip.readUInt16LE(end + 10);
  if (count > maxEntries) {
    throw new InputError(`The archive ${file} holds ${count} files; goby reads up to ${maxEntries}.`);
  }
  const entries: ZipEntry[] = [];
  for (let at = end - directoryBytes, left = count; left > 0; left--) {
    if (at < 0 || at + 46 > end || zip.readUInt32LE(at) !== 0x02014b50) throw damaged();
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    if (at + 46 + nameBytes > end) throw damaged();
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    const place: Place = {
      at: shift + zip.readUInt32LE(at + 42),
      flags: zip.readUInt16LE(at + 8),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      packedBytes: zip.readUInt32LE(at + 20),
      bytes: zip.readUInt32LE(at + 24),
    };
    const { bytes } = place;
    if (!name.endsWith('/')) {
      entries.push({ name, bytes, content: (maxBytes) => contentOf(zip, place, `${name} in ${file}`, maxBytes) });
    }
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

interface Place {
  readonly at: number;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
}

/** Where the end-of-directory record is: in the last 22 bytes, and a comment of up to 64 kB. */
function endRecord(zip: Buffer): number | undefined {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  return end < 0 || end + 22 > zip.length || zip.length - end > 22 + 0xffff ? undefined : end;
}

function contentOf(zip: Buffer, place: Place, name: string, maxBytes: number): Uint8Array {
  const { at, flags, method, crc, packedBytes, bytes } = place;
  const broken = (): InputError => new InputError(`${name} is damaged.`, { remedy: 'Download it again.' });
  if (bytes > maxBytes) throw new InputError(`${name} has ${bytes} bytes; ${maxBytes} are the most that goby reads.`);
  if ((flags & 1) !== 0)
    throw new InputError(`${name} is encrypted.`, { remedy: 'Unpack it with its password first.' });
  if (at < 0 || at + 30 > zip.length || zip.readUInt32LE(at) !== 0x04034b50) throw broken();
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  if (start + packedBytes > zip.length) throw broken();
  const packed = zip.subarray(start, start + packedBytes);
  const content = unpacked(packed, method, bytes, name, broken);
  if (content.length !== bytes || crc32(content) !== crc) throw broken();
  return content;
}

function unpacked(packed: Buffer, method: number, bytes: number, name: string, broken: () => InputError): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8)
    throw new InputError(`${name} is packed with method ${method}; goby reads stored and deflated files.`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    throw broken();
  }
}
