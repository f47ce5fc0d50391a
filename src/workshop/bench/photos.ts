/** JPEG frames for the bench: photos of a folder, scaled once to the size of a camera's picture. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { UnavailableError } from '../../errors.ts';
import type { Picture } from './frame-latency.ts';
import type { FrameSize } from './frame-size.ts';

/** Photos of the folder as JPEG of the given size, in the order of their names; absent `most`: all. */
export async function readPhotos(
  folder: string,
  widthPx: number,
  heightPx: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (names.length === 0) {
    throw new UnavailableError(`There are no photos in ${folder} to measure with.`, {
      remedy: 'npm run build fetches the sample photos; --photos names another folder.',
    });
  }
  return Promise.all(
    names
      .slice(0, most)
      .map((name) =>
        sharp(join(folder, name)).resize(widthPx, heightPx, { fit: 'cover' }).jpeg({ quality: 90 }).toBuffer(),
      ),
  );
}

/** A photo of readPhotos() as a camera gives it. */
export function jpegPicture(bytes: Uint8Array, size: FrameSize): Picture {
  return { format: 'jpeg', ...size, strideBytes: 0, bytes };
}
