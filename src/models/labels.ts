/** Label files: one label a line, the line's number (from 0) is the class index. */
import { readFile, stat } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { InputError, sentence } from '../errors.ts';

/** The largest published list, ImageNet 21k, has 1 MB. */
const maxLabelBytes = 4 << 20;

/**
 * Reads a label file.
 * @throws InputError when it can't be read, is empty or is not text
 */
export async function readLabels(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).size > maxLabelBytes) throw new InputError('it is too big');
    return parseLabels(await readFile(path));
  } catch (error) {
    throw new InputError(`The label file ${path} can't be used: ${sentence(error)}.`, {
      remedy: 'Expected is a text file with one label a line; the first line is class 0.',
      cause: error,
    });
  }
}

/**
 * One label a line. Lines that all start with rising numbers (`0  person`) are placed by their number; gaps are `n/a`.
 * @throws InputError when it is empty or not UTF-8 text
 */
export function parseLabels(bytes: Uint8Array): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('it is not UTF-8 text');
  }
  if (text.includes('\0')) throw new InputError('it is not text');
  const lines = text
    .replace(/(\r?\n)+$/, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
  if (lines.every((line) => line === '')) throw new InputError('it is empty');
  return numbered(lines) ?? lines;
}

function numbered(lines: readonly string[]): string[] | undefined {
  const pairs = lines.map((line) => /^(\d{1,5})[\s:,]+(\S.*)$/.exec(line));
  const labels: string[] = [];
  for (const pair of pairs) {
    if (pair === null || Number(pair[1]) < labels.length) return undefined;
    while (labels.length < Number(pair[1])) labels.push('n/a');
    labels.push(pair[2]!);
  }
  return lines.length > 1 ? labels : undefined;
}

/**
 * The label file inside a .tflite file, if there is one: TensorFlow Lite's metadata appends associated files as a zip
 * archive. Returns undefined when there is none or it can't be read: labels are then simply not known.
 */
export function embeddedLabels(model: Uint8Array): string[] | undefined {
  const zip = Buffer.from(model.buffer, model.byteOffset, model.length);
  const name = /label.*\.txt$/i;
  const content = zipEntry(zip, name);
  if (content === undefined) return undefined;
  try {
    return parseLabels(content);
  } catch {
    return undefined;
  }
}

/** The content of the first entry whose name matches. Structures: PKWARE APPNOTE 4.3.12 and 4.3.16. */
function zipEntry(zip: Buffer, name: RegExp): Buffer | undefined {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > zip.length || zip.length - end > 22 + 0xffff) return undefined;
  const directoryBytes = zip.readUInt32LE(end + 12);
  /** Offsets count from where the archive starts, which in a model is behind the flatbuffer unless the writer corrected them. */
  const shift = end - directoryBytes - zip.readUInt32LE(end + 16);
  let at = end - directoryBytes;
  while (at >= 0 && at + 46 <= end && zip.readUInt32LE(at) === 0x02014b50) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    if (name.test(zip.toString('utf8', at + 46, at + 46 + nameBytes))) {
      return localEntry(zip, shift + zip.readUInt32LE(at + 42), {
        method: zip.readUInt16LE(at + 10),
        packedBytes: zip.readUInt32LE(at + 20),
        bytes: zip.readUInt32LE(at + 24),
      });
    }
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return undefined;
}

function localEntry(
  zip: Buffer,
  at: number,
  entry: { method: number; packedBytes: number; bytes: number },
): Buffer | undefined {
  if (at < 0 || at + 30 > zip.length || zip.readUInt32LE(at) !== 0x04034b50 || entry.bytes > maxLabelBytes)
    return undefined;
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  const packed = zip.subarray(start, start + entry.packedBytes);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: maxLabelBytes });
  } catch {
    return undefined;
  }
}

/** Where the labels of a model file lie, unless something else says so: NAME.txt beside NAME.tflite. */
export function labelsBeside(path: string): string {
  return path.replace(/(\.tflite)?$/, '.txt');
}
