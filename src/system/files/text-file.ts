/** Small text files read and written without a promise, for work that is done as another user for a moment. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** Larger than every table of users that a Pi has. */
const mostBytes = 1 << 20;

/** @returns undefined where there is no file that can be read, or it is no text file of a reasonable size */
export function readTextSync(file: string): string | undefined {
  let descriptor: number;
  try {
    // A pipe without a writer would be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile() || size > mostBytes) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, size, 0));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a file whole or not at all, and makes its folder. What lies at the temporary name, such as a link, is taken away and
 * never written through.
 * @param ids who shall own it, where this process may give files away
 */
export function putTextSync(file: string, text: string, { mode, ids }: { mode: number; ids?: Ids | undefined }): void {
  const temporary = `${file}.new`;
  mkdirSync(dirname(file), { recursive: true });
  rmSync(temporary, { recursive: true, force: true });
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    if (ids !== undefined && process.geteuid?.() === 0) fchownSync(descriptor, ids.uid, ids.gid);
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
