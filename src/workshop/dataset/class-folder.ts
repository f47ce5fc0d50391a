/** The folder of one class: what it holds, and new photos that aren't nearly the same as one it has. */
import { mkdir, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { GobyError } from '../../errors.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { differingBits, perceptualHash } from './perceptual-hash.ts';

export interface ClassFolderOptions {
  readonly folder: string;
  /** Photos that differ from one of the class in at most this many of 64 bits are left out; negative: none are. */
  readonly similarBits: number;
  /** Nothing is written when less would stay free on the disk. */
  readonly keepFreeBytes: number;
  /** Bytes that are free where a folder is; another one in tests. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

const photo = /\.(jpe?g|png|webp)$/i;

export class ClassFolder {
  readonly #options: ClassFolderOptions;
  readonly #hashes: bigint[] = [];
  #count = 0;
  #skipped = 0;

  private constructor(options: ClassFolderOptions) {
    this.#options = options;
  }

  /** Makes the folder, or reads what is in it. Photos that can't be read count, but nothing is compared with them. */
  static async open(options: ClassFolderOptions, onPhoto?: (name: string) => void): Promise<ClassFolder> {
    const opened = new ClassFolder(options);
    await mkdir(options.folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new GobyError(`The folder ${options.folder} can't be made (${cause.code}).`, { cause });
    });
    const names = (await readdir(options.folder)).filter((name) => photo.test(name));
    for (const name of names) {
      opened.#count += 1;
      const hash = await perceptualHash(join(options.folder, name)).catch(() => undefined);
      if (hash !== undefined) opened.#hashes.push(hash);
      onPhoto?.(name);
    }
    return opened;
  }

  /** Photos in the folder. */
  get count(): number {
    return this.#count;
  }

  /** Photos that were left out because the class has one that is nearly the same. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Writes a JPEG, whole or not at all, named by its time.
   * @returns the path; undefined when it was left out
   * @throws GobyError when the disk is too full or can't be written
   */
  async add(jpeg: Uint8Array, takenMs: number): Promise<string | undefined> {
    const { folder, similarBits } = this.#options;
    const hash = await perceptualHash(jpeg);
    if (this.#hashes.some((known) => differingBits(known, hash) <= similarBits)) {
      this.#skipped += 1;
      return undefined;
    }
    await this.#refuseFullDisk(jpeg.byteLength);
    const stamp = new Date(takenMs).toISOString().replaceAll(/[:.]/g, '-');
    const path = join(folder, `${stamp}-${hash.toString(16).padStart(16, '0')}.jpg`);
    await putBytes(jpeg, path);
    this.#hashes.push(hash);
    this.#count += 1;
    return path;
  }

  async #refuseFullDisk(wantedBytes: number): Promise<void> {
    const { folder, keepFreeBytes, freeBytes = bytesFreeAt } = this.#options;
    const free = await freeBytes(folder);
    if (free - wantedBytes >= keepFreeBytes) return;
    throw new GobyError(
      `The disk of ${folder} has ${megabytes(free)} MB free; ${megabytes(keepFreeBytes)} MB are kept free.`,
      { remedy: 'Free some space, take another --output, or keep less with --keep-free-mb.' },
    );
  }
}

async function bytesFreeAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
