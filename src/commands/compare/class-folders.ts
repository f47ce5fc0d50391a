/** Photos in one folder per class: the folder's name is the class. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, sentence } from '../../errors.ts';
import type { LabelledPhoto } from './rankings.ts';

const picture = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** In the order of classes and names. @throws InputError when the folder has no classes or no photos */
export async function classFolders(folder: string): Promise<LabelledPhoto[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new InputError(`${folder} can't be read: ${sentence(cause)}.`, { cause });
  });
  const classes = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  const photos: LabelledPhoto[] = [];
  for (const className of classes.sort()) {
    const names = (await readdir(join(folder, className))).filter((name) => picture.test(name)).sort();
    photos.push(...names.map((name) => ({ file: join(folder, className, name), className })));
  }
  if (photos.length > 0) return photos;
  throw new InputError(`${folder} holds no photos in folders.`, {
    remedy: 'Expected is one folder per class, named like it, with its photos inside.',
  });
}
