/** Reads tar archives as npm packs them: names and contents of regular files, with nothing believed that isn't checked. */
import { InputError } from '../errors.ts';

export interface TarFile {
  /** As it stands in the archive, such as `package/LICENSE`: relative, without `.` or `..` parts. */
  readonly name: string;
  /** A view into the archive. */
  readonly content: Uint8Array;
}

const blockBytes = 512;
/** pax headers hold a few short records; npm's are below 1 kB. */
const maxPaxBytes = 1 << 20;

/**
 * Yields the regular files of an uncompressed archive, in order. Folders are passed over; links and devices, which no
 * npm package holds, are refused like everything else that is off.
 * @throws InputError on a bad checksum, a size that leaves the archive, or a name that leads out of the folder
 */
export function* tarFiles(archive: Uint8Array): Generator<TarFile> {
  let offset = 0;
  let pax = new Map<string, string>();
  while (offset + blockBytes <= archive.length) {
    const header = archive.subarray(offset, offset + blockBytes);
    if (header.every((byte) => byte === 0)) return;
    checkChecksum(header, offset);
    const paxSize = pax.get('size');
    const size = paxSize === undefined ? octal(header, 124, 12, 'size', offset) : decimal(paxSize, offset);
    const start = offset + blockBytes;
    if (size > archive.length - start) {
      throw damaged(offset, `an entry of ${size} bytes reaches beyond the end`);
    }
    const content = archive.subarray(start, start + size);
    const type = String.fromCharCode(header[156]!);
    offset = start + Math.ceil(size / blockBytes) * blockBytes;
    if (type === 'x') {
      pax = paxRecords(content, start);
    } else if (type === '0' || type === '\0') {
      yield { name: checkedName(pax.get('path') ?? nameOf(header), start), content };
      pax = new Map();
    } else if (type === '5' || type === 'g') {
      pax = new Map();
    } else {
      throw damaged(offset, `an entry of type "${printable(type)}" instead of a file`);
    }
  }
  throw damaged(offset, 'it ends without its closing block');
}

/** Sum of all header bytes, its own field counted as spaces. */
function checkChecksum(header: Uint8Array, offset: number): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== octal(header, 148, 8, 'checksum', offset)) throw damaged(offset, 'a header with a wrong checksum');
}

function octal(header: Uint8Array, start: number, length: number, field: string, offset: number): number {
  const text = latin1(header.subarray(start, start + length))
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]{1,12}$/.test(text)) throw damaged(offset, `a ${field} of "${printable(text)}"`);
  return Number.parseInt(text, 8);
}

function decimal(text: string, offset: number): number {
  if (!/^\d{1,15}$/.test(text)) throw damaged(offset, `a size of "${printable(text)}"`);
  return Number(text);
}

function nameOf(header: Uint8Array): string {
  const name = untilZero(header.subarray(0, 100));
  const isUstar = latin1(header.subarray(257, 262)) === 'ustar';
  const prefix = isUstar ? untilZero(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function checkedName(name: string, offset: number): string {
  const parts = name.split('/');
  const safe =
    name !== '' && !/[\0\\]/.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!safe) throw damaged(offset, `the unsafe file name "${printable(name)}"`);
  return name;
}

/** Records `LENGTH key=value\n`, where LENGTH counts the whole record. */
function paxRecords(content: Uint8Array, offset: number): Map<string, string> {
  if (content.length > maxPaxBytes) throw damaged(offset, 'an oversized pax header');
  const records = new Map<string, string>();
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(latin1(content.subarray(at, space)));
    const end = at + length;
    const record =
      Number.isInteger(length) && length > 0 && end <= content.length ? content.subarray(space + 1, end) : undefined;
    const equals = record?.indexOf(0x3d) ?? -1;
    if (record === undefined || equals < 1 || record.at(-1) !== 0x0a) throw damaged(offset, 'a broken pax header');
    records.set(latin1(record.subarray(0, equals)), utf8(record.subarray(equals + 1, -1)));
    at = end;
  }
  return records;
}

function untilZero(field: Uint8Array): string {
  const end = field.indexOf(0);
  return utf8(end < 0 ? field : field.subarray(0, end));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, '?');
}

function damaged(offset: number, what: string): InputError {
  return new InputError(`The archive is damaged: ${what}, near byte ${offset}.`);
}
