/** A small file of text that outlives the process: written whole, newest content last, set aside when it is damaged. */
import { readFileSync, renameSync } from 'node:fs';
import { putBytes } from './put-file.ts';

export class StateFile {
  readonly path: string;
  #wanted: string | undefined;
  #mode = 0o644;
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** What is in it; undefined when there is none. At the start only: it waits for the disk. Throws what the file system says. */
  read(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Replaces it; `mode` is who may read and write it. Of contents that come while one is written only the newest is written after it.
   * Rejects with a GobyError when the disk is full or can't be written; the old content is there then.
   */
  async write(text: string, { mode = 0o644 }: { mode?: number } = {}): Promise<void> {
    this.#mode = mode;
    this.#wanted = text;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** Moves it out of the way, so that somebody can look at it. @returns where it is now */
  setAside(): string {
    const aside = `${this.path}.damaged`;
    renameSync(this.path, aside);
    return aside;
  }

  async #writeAll(): Promise<void> {
    while (this.#wanted !== undefined) {
      const text = this.#wanted;
      this.#wanted = undefined;
      await putBytes(Buffer.from(text), this.path, this.#mode);
    }
  }
}
