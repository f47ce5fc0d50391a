/** Memory that the agent writes tensors into and one worker reads them from: an unnamed file in /dev/shm. */
import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sentence, UnavailableError } from '../../errors.ts';

/** Where Linux keeps shared memory (shm_overview(7)). A container without it pays with a slower folder, not with its detections. */
const memoryFolder = '/dev/shm';

export class SharedMemory {
  #descriptor: number;

  /** @throws UnavailableError where no folder takes it */
  constructor(folder = defaultFolder()) {
    const path = join(folder, `goby-${randomUUID()}`);
    try {
      this.#descriptor = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw new UnavailableError(`Memory for tensors can't be had in ${folder}: ${sentence(cause)}.`, { cause });
    }
  }

  /** For the worker to inherit. Gone with the last process that has it open: nothing is left behind after a crash. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /**
   * Writes the parts one behind the other, from the start. A copy in memory, done in the time an asynchronous write would take
   * to be queued; the worker must not be reading.
   * @returns bytes written
   * @throws UnavailableError when memory is used up
   */
  write(parts: readonly Uint8Array[]): number {
    let at = 0;
    try {
      for (const part of parts) {
        for (let from = 0; from < part.byteLength; ) {
          const length = writeSync(this.#descriptor, part, from, part.byteLength - from, at);
          from += length;
          at += length;
        }
      }
    } catch (cause) {
      throw new UnavailableError(`A tensor can't be handed to the worker: ${sentence(cause)}.`, { cause });
    }
    return at;
  }

  /** Writing afterwards fails, rather than reach a file that was given the same number. */
  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

function defaultFolder(): string {
  try {
    accessSync(memoryFolder, constants.W_OK | constants.X_OK);
    return memoryFolder;
  } catch {
    return tmpdir();
  }
}
