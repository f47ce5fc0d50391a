/** Photos in one folder per class: the folder's name is the class. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { InputError, sentence } from '../../errors.ts';

export interface Photo {
  readonly file: string;
  readonly className: string;
}

/** With those that can't be read: a photo that is passed over without a word is missed by nobody. */
const picture = /\.(jpe?g|jfif|jpe|png|webp|gif|tiff?|avif|bmp|hei[cf]|jxl|jp2|dng|cr[23]|nef|arw)$/i;

/** What to do about a photo that can't be decoded; empty where its name says nothing. */
export const adviceFor = (file: string): string =>
  /\.(hei[cf]|jxl|jp2|dng|cr[23]|nef|arw)$/i.test(file) ? ' Save it as JPEG: goby reads no such files.' : '';

/** What computers put beside photos: archives of a Mac, a NAS, a file system. */
const foreign = new Set(['__MACOSX', '@eaDir', '#recycle', '$RECYCLE.BIN', 'System Volume Information', 'lost+found']);

/** Folders in folders of a class are looked into down to here. */
const deepest = 8;

/**
 * In the order of classes and names; classes without photos count too. Photos in folders inside a class's folder belong to the
 * class; symbolic links are followed.
 * @throws InputError when the folder can't be read
 */
export async function readPhotoFolders(folder: string): Promise<{ classes: string[]; photos: Photo[] }> {
  const { folders } = await look(folder);
  const photos: Photo[] = [];
  for (const className of folders) {
    const files = await picturesIn(join(folder, className), deepest, new Set());
    photos.push(...files.map((file) => ({ file, className })));
  }
  if (photos.length > 0) return { classes: folders, photos };
  throw new InputError(`${folder} holds no photos in folders.`, {
    remedy:
      'Expected is one folder per class, named like it, with its photos (.jpg, .png, .webp, .gif, .tif, .avif, .bmp) inside.',
  });
}

/** Photos in a folder and in those below it, as readPhotoFolders finds those of a class. @throws InputError when it can't be read */
export function picturesBelow(folder: string): Promise<string[]> {
  return picturesIn(folder, deepest, new Set());
}

async function picturesIn(folder: string, depth: number, above: ReadonlySet<string>): Promise<string[]> {
  // A link that leads back up would be followed for ever.
  const own = await realpath(folder).catch(() => folder);
  if (above.has(own)) return [];
  const { folders, files } = await look(folder);
  const found = files.filter((name) => picture.test(name)).map((name) => join(folder, name));
  if (depth > 0) {
    for (const name of folders) {
      found.push(...(await picturesIn(join(folder, name), depth - 1, new Set([...above, own]))));
    }
  }
  return found;
}

/** Names inside a folder, sorted, hidden ones left out. */
async function look(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such folder' : sentence(cause);
    throw new InputError(`${folder} can't be read: ${why}.`, { cause });
  });
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || foreign.has(entry.name)) continue;
    // A link whose target is gone is neither.
    const found = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry;
    if (found?.isDirectory()) folders.push(entry.name);
    else if (found?.isFile()) files.push(entry.name);
  }
  return { folders, files };
}

/** Photos of each class. */
export function countsOf(classes: readonly string[], photos: readonly Photo[]): Map<string, number> {
  const counts = new Map(classes.map((name) => [name, 0]));
  for (const { className } of photos) counts.set(className, (counts.get(className) ?? 0) + 1);
  return counts;
}

/** Fewer photos teach nothing and leave nothing to test with. */
const leastPhotos = 10;

/** @throws InputError for folders that no classifier can be trained from */
export function checkTrainable(folder: string, classes: readonly string[], photos: readonly Photo[]): void {
  const counts = countsOf(classes, photos);
  if (classes.length < 2) {
    throw new InputError(`${folder} has one class only, ${classes[0]}.`, {
      remedy: `Add a second folder, such as ${join(folder, `no-${classes[0]}`)}, with photos of everything else that the camera may see.`,
    });
  }
  const twin = classes.find((name, at) => classes.some((other, place) => place < at && other.trim() === name.trim()));
  if (twin !== undefined) {
    throw new InputError(
      `Two classes of ${folder} are called ${JSON.stringify(twin.trim())}, but for spaces around it.`,
      {
        remedy: 'Rename or merge one of the folders.',
      },
    );
  }
  const empty = classes.filter((name) => counts.get(name) === 0);
  if (empty.length > 0) {
    throw new InputError(`The folder of the class ${empty.join(', ')} in ${folder} holds no photos.`, {
      remedy: 'Fill or remove it.',
    });
  }
  if (photos.length < leastPhotos) {
    throw new InputError(`${folder} holds ${photos.length} photos; at least ${leastPhotos} are needed.`, {
      remedy: 'goby capture-dataset fills class folders from the camera.',
    });
  }
}

/** `pikachu/0001.jpg`, `pikachu/2024/0001.jpg`: the path from the folder that holds the classes. */
export function photoName({ file, className }: Photo): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf(className, -2);
  return at < 0 ? join(className, basename(file)) : parts.slice(at).join(sep);
}
