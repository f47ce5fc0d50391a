/** The bytes of a picture file, of any form that goby reads, as something sharp works on. */
import sharp, { type Sharp } from 'sharp';
import { InputError } from '../../errors.ts';
import { decodeBitmap, isBitmap } from './bitmap.ts';

/** Upright, as its EXIF says. What is damaged further in shows when it is decoded. @throws InputError without the file's name */
export function openPicture(bytes: Uint8Array): Sharp {
  // sharp throws at once for these, and not as it does for other damage.
  if (bytes.length === 0) throw new InputError('is empty');
  if (!isBitmap(bytes)) return sharp(bytes, { failOn: 'truncated' }).autoOrient();
  const { rgb, widthPx, heightPx } = decodeBitmap(bytes);
  return sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}
