/** Photos known by the hash of their bytes, each once. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InputError, sentence } from '../../errors.ts';
import { type Photo, photoName } from '../photos/photo-folders.ts';

/** A photo with the SHA-256 of its bytes. */
export interface KnownPhoto extends Photo {
  readonly sha256: string;
}

export interface PhotoSet {
  readonly photos: readonly KnownPhoto[];
  /** Copies of photos of the same class, which would sit in training and test at once. */
  readonly copies: number;
}

/** Hashes every photo. @throws InputError for a photo that lies in two classes */
export async function knowPhotos(photos: readonly Photo[]): Promise<PhotoSet> {
  const known = new Map<string, KnownPhoto>();
  let copies = 0;
  for (const photo of photos) {
    const sha256 = createHash('sha256')
      .update(await readPhoto(photo))
      .digest('hex');
    const twin = known.get(sha256);
    if (twin === undefined) known.set(sha256, { ...photo, sha256 });
    else if (twin.className === photo.className) copies += 1;
    else {
      throw new InputError(`The same photo lies in two classes: ${photoName(twin)} and ${photoName(photo)}.`, {
        remedy: 'Leave it in the class it belongs to.',
      });
    }
  }
  return { photos: [...known.values()], copies };
}

/** @throws InputError for a photo that can't be read */
export async function readPhoto({ file }: Photo): Promise<Uint8Array> {
  return readFile(file).catch((cause: unknown) => {
    throw new InputError(`${file} can't be read: ${sentence(cause)}.`, { cause });
  });
}
