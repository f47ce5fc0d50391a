/** The files of the outbox: append-only segments, each named by the first sequence that it may hold. */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

interface Segment {
  /** No event in it has a lower sequence. */
  readonly first: number;
  readonly path: string;
  bytes: number;
}

/** A file takes whole blocks of the disk, however short it is. */
const blockBytes = 4096;
const namePattern = /^events-(\d{15})\.log$/;

/** One caller at a time; only read() may be called beside another. Methods throw what the file system says. */
export class SegmentStore {
  readonly #folder: string;
  readonly #segments: Segment[] = [];
  #file: FileHandle | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder and finds what is there. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of (await readdir(this.#folder)).sort()) {
      const path = join(this.#folder, name);
      if (name.endsWith('.part')) await rm(path, { force: true });
      const first = namePattern.exec(name)?.[1];
      if (first !== undefined) this.#segments.push({ first: Number(first), path, bytes: (await stat(path)).size });
    }
  }

  /** First sequences of the segments, oldest first. */
  get firsts(): readonly number[] {
    return this.#segments.map(({ first }) => first);
  }

  /** What they take on the disk. */
  get totalBytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + Math.ceil(bytes / blockBytes) * blockBytes, 0);
  }

  /** Bytes of the segment that is appended to; undefined before the first begin(). */
  get currentBytes(): number | undefined {
    return this.#file === undefined ? undefined : this.#segments.at(-1)!.bytes;
  }

  /** Starts a segment with this head, whole on the disk before it has its name. The one before is left complete and synced. */
  async begin(first: number, head: string): Promise<void> {
    const { file, path } = await this.#create(first, head);
    // A sync may begin at any time: it must not meet a file that is being closed.
    const before = this.#file;
    this.#file = file;
    // A segment of this name held no event that could be read: it is replaced by its own state.
    const replaced = this.#segments.findIndex((segment) => segment.first === first);
    if (replaced >= 0) this.#segments.splice(replaced, 1);
    this.#segments.push({ first, path, bytes: Buffer.byteLength(head) });
    await before?.close();
  }

  /** Whether the newest segment is still the file of its name, with all that was appended: somebody may remove or cut it. */
  async isThere(): Promise<boolean> {
    const newest = this.#segments.at(-1);
    if (newest === undefined) return true;
    const found = await stat(newest.path).catch(() => undefined);
    if (this.#file === undefined || found === undefined) return found !== undefined;
    const { ino, dev } = await this.#file.stat();
    return found.ino === ino && found.dev === dev && found.size >= newest.bytes;
  }

  /** What can be read of the segment that is appended to, also when it has no name any more. Empty before the first begin(). */
  async readCurrent(): Promise<Buffer> {
    if (this.#file === undefined) return Buffer.alloc(0);
    const bytes = Buffer.alloc(this.currentBytes ?? 0);
    let done = 0;
    for (let read = -1; read !== 0 && done < bytes.byteLength; done += read)
      read = (await this.#file.read(bytes, done, bytes.byteLength - done, done)).bytesRead;
    return bytes.subarray(0, done);
  }

  /** First sequences of those before the newest whose files are still there, oldest first. */
  async survivors(): Promise<readonly number[]> {
    const found = await Promise.all(
      this.#segments.slice(0, -1).map(({ first, path }) =>
        stat(path).then(
          () => [first],
          () => [],
        ),
      ),
    );
    return found.flat();
  }

  /** Puts a segment with this content in the place of the newest one, beside those that survived. */
  async rebuild(first: number, content: string, survivors: readonly number[]): Promise<void> {
    const { file, path } = await this.#create(first, content);
    const before = this.#file;
    this.#file = file;
    const kept = this.#segments.filter((segment) => segment.first !== first && survivors.includes(segment.first));
    this.#segments.splice(0, this.#segments.length, ...kept, { first, path, bytes: Buffer.byteLength(content) });
    await before?.close();
  }

  /** Appends whole lines, or nothing: what was written of them before an error is cut off again. */
  async append(lines: string): Promise<void> {
    const current = this.#segments.at(-1)!;
    const bytes = Buffer.from(lines);
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#file!.write(bytes, done, bytes.byteLength - done, current.bytes + done);
        done += bytesWritten;
      }
    } catch (error) {
      await this.#file!.truncate(current.bytes).catch(() => undefined);
      throw error;
    }
    current.bytes += bytes.byteLength;
  }

  /** Returns when everything appended so far would survive a power cut. */
  async sync(): Promise<void> {
    await this.#file?.datasync();
  }

  /** The bytes of the segment that holds this sequence, if any does, and where the next one begins. */
  async read(sequence: number): Promise<{ bytes: Buffer; nextFirst: number | undefined } | undefined> {
    const index = Math.max(
      0,
      this.#segments.findLastIndex(({ first }) => first <= sequence),
    );
    const segment = this.#segments[index];
    if (segment === undefined) return undefined;
    const nextFirst = this.#segments[index + 1]?.first;
    return { bytes: await readFile(segment.path), nextFirst };
  }

  /** Removes the segments before the current one that hold nothing beyond this sequence. */
  async removeThrough(sequence: number): Promise<void> {
    while (this.#segments.length > 1 && this.#segments[1]!.first - 1 <= sequence) await this.dropOldest();
  }

  /** Removes the oldest segment, never the current one. @returns the last sequence that it may have held */
  async dropOldest(): Promise<number | undefined> {
    const [oldest, next] = this.#segments;
    if (oldest === undefined || next === undefined) return undefined;
    await rm(oldest.path, { force: true });
    this.#segments.shift();
    return next.first - 1;
  }

  async close(): Promise<void> {
    await this.#file?.datasync();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #create(first: number, content: string): Promise<{ file: FileHandle; path: string }> {
    const path = join(this.#folder, `events-${String(first).padStart(15, '0')}.log`);
    const part = `${path}.part`;
    await mkdir(this.#folder, { recursive: true });
    // Read too: it can be read after somebody has removed its name.
    const file = await open(part, 'w+');
    try {
      await file.writeFile(content);
      await file.datasync();
      await this.#file?.datasync();
      await rename(part, path);
      await this.#syncFolder();
    } catch (error) {
      await file.close();
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
    return { file, path };
  }

  /** Makes a rename last. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder, 'r');
    await folder.sync().finally(() => folder.close());
  }
}
