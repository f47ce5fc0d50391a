/**
 * The look log: for a day, the boxes and scores of everything that was followed, weak ones and unconfirmed ones included, so that
 * other thresholds can be tried on what really happened. A ring of files of fixed length, 24 bytes a box, 20 MB in all.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sentence } from '../errors.ts';
import type { Box } from '../geometry/boxes.ts';
import type { Logger } from '../logger.ts';
import { SerialQueue } from '../system/files/serial-queue.ts';

/** One box of one look. */
export interface LoggedBox {
  readonly atMs: number;
  /** Of the track: counts up, and is unique for some days only. */
  readonly track: number;
  readonly label: string;
  readonly score: number;
  readonly box: Box;
}

/** What was seen of one track. */
export interface LoggedTrack {
  readonly track: number;
  readonly label: string;
  readonly looks: readonly Pick<LoggedBox, 'atMs' | 'score' | 'box'>[];
}

export interface LookLogOptions {
  /** A folder per camera below it. */
  readonly folder: string;
  readonly logger: Logger;
  /** Of all files of one camera. */
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  readonly now?: () => number;
}

const entryBytes = 24;
/** Boxes are gathered in memory and written this often: a card shall live. */
const writeEveryMs = 10_000;
const bufferedEntries = 2048;
const fileEntries = 40_000;
const namePattern = /^looks-(\d{15})\.bin$/;
const mostLabels = 65_535;

/** The looks of one camera. */
export class LookLog {
  readonly #options: LookLogOptions;
  readonly #queue = new SerialQueue();
  readonly #buffer = Buffer.alloc(bufferedEntries * entryBytes);
  readonly #labels: string[] = [];
  #used = 0;
  #file: { readonly handle: FileHandle; readonly startMs: number; entries: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(options: LookLogOptions) {
    this.#options = options;
  }

  /** Takes the boxes of one look. Allocates nothing but now and then a label. */
  add(entry: LoggedBox): void {
    if (this.#used === bufferedEntries) return;
    const at = this.#used * entryBytes;
    const [x1, y1, x2, y2] = entry.box;
    this.#buffer.writeDoubleLE(entry.atMs, at);
    this.#buffer.writeUInt32LE(entry.track >>> 0, at + 8);
    this.#buffer.writeUInt16LE(this.#labelOf(entry.label), at + 12);
    this.#buffer.writeUInt8(share(entry.score, 255), at + 14);
    this.#buffer.writeUInt16LE(share(x1, 65_535), at + 16);
    this.#buffer.writeUInt16LE(share(y1, 65_535), at + 18);
    this.#buffer.writeUInt16LE(share(x2, 65_535), at + 20);
    this.#buffer.writeUInt16LE(share(y2, 65_535), at + 22);
    this.#used += 1;
    this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
  }

  /** Writes what is gathered, if the disk lets it. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#used * entryBytes));
    this.#used = 0;
    return this.#queue.add(() => this.#write(bytes));
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#queue.add(async () => {
      await this.#file?.handle.close();
      this.#file = undefined;
    });
  }

  /**
   * The tracks since a time, oldest first, and from when on there is anything.
   * @param most boxes, the newest ones
   */
  async tracks(
    sinceMs: number,
    most = 200_000,
  ): Promise<{ readonly fromMs: number | undefined; readonly tracks: LoggedTrack[] }> {
    await this.flush();
    const names = await this.#names();
    const entries: LoggedBox[] = [];
    for (const { startMs, path } of names.toReversed()) {
      entries.unshift(...(await readEntries(path, sinceMs)));
      if (startMs < sinceMs || entries.length > most) break;
    }
    const byTrack = new Map<
      string,
      { track: number; label: string; looks: Pick<LoggedBox, 'atMs' | 'score' | 'box'>[] }
    >();
    for (const { track, label, ...look } of entries.slice(-most)) {
      const key = `${track} ${label}`;
      const found = byTrack.get(key) ?? { track, label, looks: [] };
      found.looks.push(look);
      byTrack.set(key, found);
    }
    return { fromMs: entries.at(-Math.min(most, entries.length))?.atMs, tracks: [...byTrack.values()] };
  }

  #labelOf(label: string): number {
    const found = this.#labels.indexOf(label);
    if (found >= 0) return found;
    return this.#labels.length < mostLabels ? this.#labels.push(label) - 1 : 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    const { folder, logger, now = Date.now } = this.#options;
    try {
      if (this.#file === undefined || this.#file.entries >= fileEntries) {
        await this.#file?.handle.close();
        await mkdir(folder, { recursive: true });
        const startMs = now();
        const handle = await open(join(folder, `looks-${String(startMs).padStart(15, '0')}.bin`), 'a', 0o640);
        this.#file = { handle, startMs, entries: 0 };
        await this.#makeRoom();
      }
      await this.#writeLabels();
      await this.#file.handle.write(bytes);
      this.#file.entries += bytes.length / entryBytes;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) logger.warn(`looks can't be kept in ${folder}: ${sentence(error)}`);
      this.#isFailing = true;
      await this.#file?.handle.close().catch(() => undefined);
      this.#file = undefined;
    }
  }

  /** Beside the boxes, which have numbers for them. They only ever grow while this process runs. */
  async #writeLabels(): Promise<void> {
    const { folder } = this.#options;
    const path = join(folder, `looks-${String(this.#file!.startMs).padStart(15, '0')}.json`);
    const text = JSON.stringify(this.#labels);
    const handle = await open(path, 'w', 0o640);
    await handle.writeFile(text).finally(() => handle.close());
  }

  async #makeRoom(): Promise<void> {
    const { maxBytes = 20_000_000, maxAgeMs = 86_400_000, now = Date.now } = this.#options;
    const names = await this.#names();
    let bytes = names.reduce((sum, file) => sum + file.bytes, 0);
    for (const { path, startMs, bytes: size } of names.slice(0, -1)) {
      const next = names[names.findIndex((one) => one.startMs === startMs) + 1];
      const isOld = next !== undefined && next.startMs < now() - maxAgeMs;
      if (!isOld && bytes <= maxBytes - fileEntries * entryBytes) break;
      await rm(path, { force: true });
      await rm(path.replace(/\.bin$/, '.json'), { force: true });
      bytes -= size;
    }
  }

  async #names(): Promise<{ startMs: number; path: string; bytes: number }[]> {
    const { folder } = this.#options;
    const found: { startMs: number; path: string; bytes: number }[] = [];
    for (const name of await readdir(folder).catch(() => [] as string[])) {
      const startMs = Number(namePattern.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(startMs)) continue;
      const path = join(folder, name);
      found.push({ startMs, path, bytes: (await stat(path)).size });
    }
    return found.sort((a, b) => a.startMs - b.startMs);
  }
}

async function readEntries(path: string, sinceMs: number): Promise<LoggedBox[]> {
  const labels = await readFile(path.replace(/\.bin$/, '.json'), 'utf8').then(
    (text) => JSON.parse(text) as string[],
    () => [] as string[],
  );
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const entries: LoggedBox[] = [];
  // What a power cut tore at the end is left out.
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const atMs = bytes.readDoubleLE(at);
    const label = labels[bytes.readUInt16LE(at + 12)];
    if (!(atMs >= sinceMs) || label === undefined) continue;
    const side = (offset: number): number => bytes.readUInt16LE(at + offset) / 65_535;
    entries.push({
      atMs,
      track: bytes.readUInt32LE(at + 8),
      label,
      score: bytes.readUInt8(at + 14) / 255,
      box: [side(16), side(18), side(20), side(22)],
    });
  }
  return entries;
}

function share(value: number, whole: number): number {
  return Math.round(whole * Math.min(1, Math.max(0, value)));
}
