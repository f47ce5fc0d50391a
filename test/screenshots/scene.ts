/** What the camera of the screenshots sees: a slow pan over a photo, then the same place blurred beyond recognition. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const widthPx = 1280;
const heightPx = 720;
const panFrames = 40;
const emptyFrames = 20;
const stepPx = 6;

export interface Scene {
  readonly photo: string;
  /** Folder for the camera's frames. */
  readonly frames: string;
  /** Folder for photos to train from, with a folder for each class. */
  readonly photosOfSet: string;
}

export async function makeScene({ photo, frames, photosOfSet }: Scene): Promise<void> {
  mkdirSync(frames, { recursive: true });
  for (const name of ['somebody', 'nobody']) mkdirSync(join(photosOfSet, name), { recursive: true });
  const wide = await sharp(photo)
    .resize(widthPx + stepPx * (panFrames + emptyFrames), heightPx + 40, { fit: 'cover' })
    .jpeg({ quality: 92 })
    .toBuffer();
  for (let at = 0; at < panFrames + emptyFrames; at++) {
    const isEmpty = at >= panFrames;
    const left = stepPx * at;
    const cut = sharp(wide).extract({ left, top: 20, width: widthPx, height: heightPx });
    const frame = await (isEmpty ? cut.blur(40 + at).modulate({ brightness: 0.7 + 0.015 * (at - panFrames) }) : cut)
      .jpeg({ quality: 88 })
      .toBuffer();
    const name = `${String(at).padStart(3, '0')}.jpg`;
    await sharp(frame).toFile(join(frames, name));
    if (at % 2 === 0 || isEmpty) await sharp(frame).toFile(join(photosOfSet, isEmpty ? 'nobody' : 'somebody', name));
  }
}
