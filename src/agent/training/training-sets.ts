/** Photos to train from: a folder for each set, in it a folder of photos for each class, bounded in number and bytes. */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.ts';
import { trainingName } from '../../models/trained-models.ts';
import { putBytes, writeError } from '../../system/files/put-file.ts';
import { SerialQueue } from '../../system/files/serial-queue.ts';
import { slug } from '../../text/slug.ts';

export interface TrainingLimits {
  readonly sets: number;
  /** In a set. */
  readonly classes: number;
  /** In a class. */
  readonly photos: number;
  /** Of one photo. */
  readonly photoBytes: number;
  /** Of all photos together. */
  readonly bytes: number;
}

export const trainingLimits: TrainingLimits = {
  sets: 20,
  classes: 20,
  photos: 500,
  photoBytes: 2_000_000,
  bytes: 500_000_000,
};

export interface TrainingClass {
  readonly name: string;
  readonly photos: number;
}

export interface TrainingSet {
  readonly name: string;
  readonly classes: readonly TrainingClass[];
}

/** What the store names its own photos, and what people may have copied into the folders. */
const photoName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}\.jpe?g$/;

export class TrainingSets {
  readonly #folder: string;
  readonly #limits: TrainingLimits;
  readonly #now: () => number;
  readonly #turns = new SerialQueue();
  #lastName = 0;

  /** @param options.folder of all sets; made with the first of them */
  constructor({
    folder,
    limits = trainingLimits,
    now = Date.now,
  }: { folder: string; limits?: TrainingLimits; now?: () => number }) {
    this.#folder = folder;
    this.#limits = limits;
    this.#now = now;
  }

  /** The folder that `goby train` reads: of each class one folder. */
  photosOf(set: string): string {
    return join(this.#folder, checked(set), 'photos');
  }

  async list(): Promise<TrainingSet[]> {
    const sets: TrainingSet[] = [];
    for (const name of await foldersIn(this.#folder)) sets.push({ name, classes: await this.#classesOf(name) });
    return sets;
  }

  /** Photos of a class, the newest first. @throws InputError when there is no such class */
  async photos(set: string, className: string): Promise<string[]> {
    return (await filesIn(await this.#classFolder(set, className))).toReversed();
  }

  /** The bytes of a photo; undefined: there is none of these names. */
  async photo(set: string, className: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!trainingName.test(set) || !trainingName.test(className) || !photoName.test(name)) return undefined;
    if (!(await isFolder(this.photosOf(set))) || !(await isFolder(join(this.photosOf(set), className)))) {
      return undefined;
    }
    const path = join(this.photosOf(set), className, name);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      () => undefined,
    );
    if (file === undefined) return undefined;
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > 16 * this.#limits.photoBytes) return undefined;
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  }

  /**
   * Makes a set with these classes, or adds them to it. Names become slugs.
   * @returns the names as they are kept
   * @throws InputError for a name that leaves nothing, and where there are too many
   */
  create(set: string, classes: readonly string[]): Promise<{ set: string; classes: readonly string[] }> {
    return this.#turns.add(async () => {
      const name = named(set, 'the set');
      const wanted = [...new Set(classes.map((one) => named(one, 'a class')))];
      const sets = await foldersIn(this.#folder);
      if (!sets.includes(name) && sets.length >= this.#limits.sets) {
        throw new InputError(`There are ${sets.length} training sets, and no more are kept.`, {
          remedy: 'Remove one first.',
        });
      }
      const known = sets.includes(name) ? (await this.#classesOf(name)).map((one) => one.name) : [];
      const all = new Set([...known, ...wanted]);
      if (all.size > this.#limits.classes) {
        throw new InputError(`${name} would have ${all.size} classes; at most ${this.#limits.classes} are kept.`);
      }
      await this.#refuseLinks(name);
      for (const path of [this.photosOf(name), ...wanted.map((one) => join(this.photosOf(name), one))]) {
        await mkdir(path, { recursive: true }).catch((error: unknown) => {
          throw writeError(error, path);
        });
      }
      return { set: name, classes: wanted };
    });
  }

  /** Keeps a photo. @returns its name. @throws InputError when there is no such class, no room, or the very same photo */
  add(set: string, className: string, jpeg: Uint8Array): Promise<string> {
    return this.#turns.add(async () => {
      const folder = await this.#classFolder(set, className);
      const { photos, photoBytes, bytes } = this.#limits;
      if (jpeg.byteLength > photoBytes) {
        throw new InputError(`The photo has ${jpeg.byteLength} bytes; at most ${photoBytes} are kept.`);
      }
      const count = (await filesIn(folder)).length;
      if (count >= photos) throw new InputError(`${className} has ${count} photos; no more are kept.`);
      const held = await bytesIn(this.#folder);
      if (held + jpeg.byteLength > bytes) {
        throw new InputError(`All photos together take ${held} bytes; at most ${bytes} are kept.`, {
          remedy: 'Remove a set that is not needed any more.',
        });
      }
      await this.#refuseCopy(set, className, jpeg);
      // Counts up with the time, so that names sort by age; two in one millisecond differ all the same.
      this.#lastName = Math.max(this.#now(), this.#lastName + 1);
      const name = `${this.#lastName.toString(36).padStart(9, '0')}.jpg`;
      await putBytes(jpeg, join(folder, name), 0o640);
      return name;
    });
  }

  /** Removes a photo, a class with its photos, or a whole set with its model. @throws InputError when there is none */
  remove(set: string, className?: string, photo?: string): Promise<void> {
    return this.#turns.add(async () => {
      const folder = className === undefined ? await this.#setFolder(set) : await this.#classFolder(set, className);
      if (photo !== undefined && (!photoName.test(photo) || !(await filesIn(folder)).includes(photo))) {
        throw new InputError(`There is no such photo in ${className}.`);
      }
      const path = photo === undefined ? folder : join(folder, photo);
      await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
        throw writeError(error, path);
      });
    });
  }

  async #classesOf(set: string): Promise<TrainingClass[]> {
    const folder = this.photosOf(set);
    const classes: TrainingClass[] = [];
    for (const name of await foldersIn(folder)) {
      classes.push({ name, photos: (await filesIn(join(folder, name))).length });
    }
    return classes;
  }

  async #setFolder(set: string): Promise<string> {
    const folder = join(this.#folder, checked(set));
    if (await isFolder(folder)) return folder;
    throw new InputError(`There is no training set ${set}.`);
  }

  async #classFolder(set: string, className: string): Promise<string> {
    await this.#setFolder(set);
    const folder = join(this.photosOf(set), checked(className));
    if ((await isFolder(this.photosOf(set))) && (await isFolder(folder))) return folder;
    throw new InputError(`There is no class ${className} in ${set}.`);
  }

  /** A copy teaches nothing, and one in two classes would end the training. */
  async #refuseCopy(set: string, className: string, jpeg: Uint8Array): Promise<void> {
    for (const name of await foldersIn(this.photosOf(set))) {
      const folder = join(this.photosOf(set), name);
      for (const photo of await filesIn(folder)) {
        const path = join(folder, photo);
        // The lengths of two JPEGs are hardly ever the same: few are read.
        if ((await lstat(path)).size !== jpeg.byteLength || !(await readFile(path)).equals(jpeg)) continue;
        throw new InputError(`This very picture is in ${name} already.`, {
          remedy: name === className ? 'Wait until the camera shows another one.' : 'Remove it there first.',
        });
      }
    }
  }

  /** A link in a folder's place would lead writing elsewhere. */
  async #refuseLinks(set: string): Promise<void> {
    for (const path of [this.#folder, join(this.#folder, set), this.photosOf(set)]) {
      const found = await lstat(path).catch(() => undefined);
      if (found !== undefined && !found.isDirectory()) throw new InputError(`${path} is no folder.`);
    }
  }
}

/** @throws InputError for what can be no name of a set or class; nothing of it reaches a path */
function checked(name: string): string {
  if (trainingName.test(name)) return name;
  throw new InputError(`${JSON.stringify(name.slice(0, 64))} is no name of a training set or class.`, {
    remedy: 'Names are of a-z, 0-9, _ and -, at most 40 letters.',
  });
}

function named(text: string, what: string): string {
  // Cut as a whole, so that the hash of letters that others have no sign for stays.
  const name = slug(text, 40).replace(/^-+/, '');
  if (/[a-z0-9]/.test(name)) return checked(name);
  throw new InputError(`The name of ${what} has no letter or digit.`, { remedy: 'Call it by what it shows.' });
}

/** Folders with names of ours, sorted. Links are not folders. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && trainingName.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Photos, sorted. Links are none. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && photoName.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Of all photos below the folder of sets. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const set of await foldersIn(folder)) {
    const photos = join(folder, set, 'photos');
    for (const className of await foldersIn(photos)) {
      for (const name of await filesIn(join(photos, className))) {
        bytes += await lstat(join(photos, className, name)).then(
          ({ size }) => size,
          () => 0,
        );
      }
    }
  }
  return bytes;
}
