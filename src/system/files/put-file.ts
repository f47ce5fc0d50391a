/** Files appear whole or not at all: written beside their place, synced, then renamed into it. */
import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GobyError, InputError, sentence } from '../../errors.ts';
import { differenceFrom, type Fingerprint, fingerprintOf, type Pin } from './integrity.ts';

/** Writes bytes to a place that shows either the old file or the whole new one. Makes the folder. `mode`: of the file. */
export async function putBytes(bytes: Uint8Array, target: string, mode = 0o644): Promise<void> {
  await putWith(target, mode, async (temporary) => {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  });
}

/**
 * Copies a file to a place, if the copy is what was pinned.
 * @throws InputError that says how it differs; nothing is changed then
 */
export async function putCopy(source: string, target: string, pin: Pin): Promise<void> {
  await putWith(target, 0o644, async (temporary) => {
    await copyFile(source, temporary, constants.COPYFILE_EXCL);
    const difference = differenceFrom(pin, await fingerprintOf(temporary));
    if (difference !== undefined) throw new InputError(`${source} ${difference}.`);
  });
}

/**
 * Moves a finished part file of the same folder to its place, if it is what was pinned.
 * @returns how it differs, and then the part is still there; undefined when it was moved
 */
export async function putPart(part: string, target: string, pin: Pin): Promise<string | undefined> {
  const found: Fingerprint = await fingerprintOf(part);
  const difference = differenceFrom(pin, found);
  if (difference === undefined) await moveIntoPlace(part, target);
  return difference;
}

/** Moves a finished file of the same folder to its place, which shows the old one or the whole new one. */
export async function moveInto(from: string, target: string): Promise<void> {
  try {
    await moveIntoPlace(from, target);
  } catch (error) {
    throw writeError(error, target);
  }
}

async function putWith(target: string, mode: number, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await rm(temporary, { force: true });
    await write(temporary);
    await moveIntoPlace(temporary, target, mode);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, target);
  }
}

async function moveIntoPlace(from: string, target: string, mode = 0o644): Promise<void> {
  const file = await open(from, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, target);
  const folder = await open(dirname(target), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The sentence for what the file system refused; errors that already are sentences pass through. */
export function writeError(error: unknown, target: string): unknown {
  if (error instanceof GobyError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new GobyError(`The disk is full: ${target} could not be written.`, {
        remedy: 'Free some space (df -h shows where it went) and run the same command again.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new GobyError(
        `${target} can't be written: ${code === 'EROFS' ? 'the disk is read-only' : 'no permission'}.`,
        {
          remedy:
            'Run the command as the user that owns the folder (installed as a service: sudo -u goby goby ...), or choose another folder with GOBY_STATE_DIR.',
          cause: error,
        },
      );
    default:
      return code === undefined
        ? error
        : new GobyError(`${target} could not be written: ${sentence(error)}.`, { cause: error });
  }
}
