/** Photos in one folder per class: the folder's name is the class. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError, sentence } from '../../errors.ts';

export interface Photo {
  readonly file: string;
  readonly className: string;
}

const picture = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** In the order of classes and names; classes without photos count too. @throws InputError when the folder can't be read */
export async function readPhotoFolders(folder: string): Promise<{ classes: string[]; photos: Photo[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such folder' : sentence(cause);
    throw new InputError(`${folder} can't be read: ${why}.`, { cause });
  });
  const classes = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const photos: Photo[] = [];
  for (const className of classes) {
    const names = (await readdir(join(folder, className))).filter((name) => picture.test(name)).sort();
    photos.push(...names.map((name) => ({ file: join(folder, className, name), className })));
  }
  if (photos.length > 0) return { classes, photos };
  throw new InputError(`${folder} holds no photos in folders.`, {
    remedy:
      'Expected is one folder per class, named like it, with its photos (.jpg, .png, .webp, .gif, .tif, .avif) inside.',
  });
}

/** Fewer photos teach nothing and leave nothing to test with. */
const leastPhotos = 10;

/** @throws InputError for folders that no classifier can be trained from */
export function checkTrainable(folder: string, classes: readonly string[], photos: readonly Photo[]): void {
  const counts = new Map(classes.map((name) => [name, 0]));
  for (const { className } of photos) counts.set(className, (counts.get(className) ?? 0) + 1);
  if (classes.length < 2) {
    throw new InputError(`${folder} has one class only, ${classes[0]}.`, {
      remedy: `Add a second folder, such as ${join(folder, `no-${classes[0]}`)}, with photos of everything else that the camera may see.`,
    });
  }
  const clash = classes.find((name, at) => classes.some((other, place) => place < at && slug(other) === slug(name)));
  if (clash !== undefined) {
    const twin = classes.find((name) => slug(name) === slug(clash))!;
    throw new InputError(`The classes ${twin} and ${clash} of ${folder} would be one label in MQTT topics.`, {
      remedy: 'Rename or merge one of the folders.',
    });
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

/** As labels become in topics. */
const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-');

/** `pikachu/0001.jpg`. */
export function photoName({ file, className }: Photo): string {
  return join(className, basename(file));
}
