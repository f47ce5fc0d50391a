/** Reads a configuration file as text: bounded, and with a sentence for what is no text that goby can read. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ConfigError, sentence } from '../errors.ts';

/** The commented goby.yaml has 20 KB. */
export const mostConfigBytes = 262_144;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** @throws ConfigError that names the file */
export function readConfigText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBounded(file, mostConfigBytes + 1);
  } catch (cause) {
    const why = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? sentence(cause);
    throw new ConfigError(`The configuration ${file} can't be read: ${why}.`, {
      remedy: 'Name another one with --config, or start from config/goby.yaml.',
      cause,
    });
  }
  if (bytes.length > mostConfigBytes) {
    throw new ConfigError(
      `The configuration ${file} is larger than ${mostConfigBytes / 1024} KiB; one for hundreds of cameras is smaller.`,
      { remedy: 'Is it the right file? Name another one with --config.' },
    );
  }
  return configText(bytes, file);
}

/**
 * Text of a file that goby itself writes, where somebody else may have put something in its place: links, pipes and devices
 * are not opened.
 * @returns undefined where there is none
 * @throws ConfigError or what the file system says
 */
export function readOwnText(file: string): string | undefined {
  let descriptor: number;
  try {
    // A pipe without a writer would be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw code === 'ELOOP' ? notOwn(file) : cause;
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw notOwn(file);
    const bytes = readAll(descriptor, mostConfigBytes + 1);
    if (bytes.length > mostConfigBytes) throw new ConfigError(`it is larger than ${mostConfigBytes / 1024} KiB.`);
    return configText(bytes, file);
  } finally {
    closeSync(descriptor);
  }
}

function notOwn(file: string): ConfigError {
  return new ConfigError(`${file} is a link or no file; goby opens neither there.`);
}

/** Also reads pipes, as in --config <(command). */
function readBounded(file: string, most: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    return readAll(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, most: number): Buffer {
  const buffer = Buffer.alloc(most);
  let length = 0;
  for (let read = -1; read !== 0 && length < most; length += read) {
    read = readSync(descriptor, buffer, length, most - length, null);
  }
  return buffer.subarray(0, length);
}

/** @throws ConfigError for UTF-16, for bytes that are no UTF-8, and for what isn't text at all */
export function configText(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new ConfigError(`The configuration ${name} is text in UTF-16; goby reads UTF-8.`, {
      remedy: 'Save it again and choose UTF-8 as its encoding.',
    });
  }
  if (bytes.includes(0)) throw new ConfigError(`The configuration ${name} is no text: it holds zero bytes.`);
  try {
    // A byte order mark at the beginning is taken off.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A line may end with CR alone, as on an old Mac; every character keeps its place.
    return text.replace(/\r(?!\n)/g, '\n');
  } catch (cause) {
    throw new ConfigError(
      `The configuration ${name} is not UTF-8: line ${firstBadLine(bytes)} has a letter of another encoding, such as an umlaut in Latin-1.`,
      { remedy: 'Save it again and choose UTF-8 as its encoding.', cause },
    );
  }
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    line += 1;
    start = end + 1;
  }
  return line;
}
