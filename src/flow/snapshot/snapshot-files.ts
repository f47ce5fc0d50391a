/** Snapshots on disk: one file per event and label, oldest first out when the quota or the age is exceeded. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotsConfig } from '../../config/snapshots-section.ts';
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';

export interface SnapshotFilesOptions {
  /** Holds a folder per camera. Made when the first snapshot comes. */
  readonly folder: string;
  readonly config: Pick<SnapshotsConfig, 'quotaMb' | 'maxAgeDays'>;
  readonly logger: Logger;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
}

export interface SnapshotFiles {
  /**
   * Writes or replaces a file, whole or not at all, and makes room; one after the other. Never rejects.
   * @param name a file name without folder, such as `2026-11-25T07-01-02.345Z_person_mh9x2k1c-3f.jpg`
   * @returns its path; undefined when it couldn't be kept, which is told in the log once until it works again
   */
  put(camera: string, name: string, jpeg: Uint8Array): Promise<string | undefined>;
  /** The file of an event; undefined: there is none, or what earlier runs left isn't known yet. */
  pathOf(event: string): string | undefined;
  /** Calls back once everything that was put before is on disk. */
  whenKept<Result>(look: () => Result): Promise<Result>;
  /** Deletes what is too old or too much. Resolves when everything before it is done too. */
  tidy(): Promise<void>;
}

interface KeptFile {
  readonly bytes: number;
  readonly modifiedMs: number;
}

const dayMs = 86_400_000;
const megabyte = 1_000_000;

export function createSnapshotFiles(options: SnapshotFilesOptions): SnapshotFiles {
  const { folder, config, logger, now = Date.now } = options;
  const quotaBytes = config.quotaMb * megabyte;
  /** By path; read from disk once. */
  let kept: Map<string, KeptFile> | undefined;
  let isFailing = false;
  const turns = new SerialQueue();

  const tidy = async (spareBytes: number): Promise<Map<string, KeptFile>> => {
    kept ??= await findFiles(folder);
    for (const path of surplus(kept, {
      quotaBytes: quotaBytes - spareBytes,
      oldestMs: now() - config.maxAgeDays * dayMs,
    })) {
      await rm(path, { force: true });
      kept.delete(path);
    }
    return kept;
  };
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      const result = await work();
      isFailing = false;
      return result;
    } catch (error) {
      if (!isFailing) logger.warn(`snapshots can't be kept in ${folder}: ${sentence(error)}`);
      isFailing = true;
      return undefined;
    }
  };
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result | undefined> => turns.add(() => guarded(work));

  return {
    put: async (camera, name, jpeg) => {
      if (jpeg.byteLength > quotaBytes) return undefined;
      return inTurn(async () => {
        const path = join(folder, camera, name);
        const files = await tidy(jpeg.byteLength - (kept?.get(path)?.bytes ?? 0));
        await mkdir(join(folder, camera), { recursive: true });
        const temporary = `${path}.new`;
        await writeFile(temporary, jpeg, { mode: 0o640 });
        await rename(temporary, path);
        files.delete(path);
        files.set(path, { bytes: jpeg.byteLength, modifiedMs: now() });
        return path;
      });
    },
    pathOf: (event) => {
      for (const path of kept?.keys() ?? []) if (path.endsWith(`_${event}.jpg`)) return path;
      return undefined;
    },
    whenKept: (look) => turns.add(async () => look()),
    tidy: async () => {
      await inTurn(() => tidy(0));
    },
  };
}

/** The paths to delete: all that are too old, and the oldest until the rest fits. */
export function surplus(
  files: ReadonlyMap<string, KeptFile>,
  { quotaBytes, oldestMs }: { quotaBytes: number; oldestMs: number },
): string[] {
  let bytes = 0;
  for (const file of files.values()) bytes += file.bytes;
  const oldestFirst = [...files].sort(([, a], [, b]) => a.modifiedMs - b.modifiedMs);
  const paths: string[] = [];
  for (const [path, file] of oldestFirst) {
    if (file.modifiedMs >= oldestMs && bytes <= quotaBytes) break;
    bytes -= file.bytes;
    paths.push(path);
  }
  return paths;
}

/** What an earlier run left; unfinished files of it are removed. Other files are not ours and stay. */
async function findFiles(folder: string): Promise<Map<string, KeptFile>> {
  const files = new Map<string, KeptFile>();
  for (const camera of await entries(folder)) {
    for (const name of await entries(join(folder, camera))) {
      const path = join(folder, camera, name);
      if (name.endsWith('.jpg.new')) await rm(path, { force: true });
      if (!name.endsWith('.jpg')) continue;
      const { size, mtimeMs } = await stat(path);
      files.set(path, { bytes: size, modifiedMs: mtimeMs });
    }
  }
  return files;
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
