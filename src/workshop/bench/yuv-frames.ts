/** YUV420 pictures for the bench, as the Pi camera gives them, made of photos. */
import sharp from 'sharp';
import type { Picture } from './frame-latency.ts';

/** Planes of full range BT.601 without padding between rows. */
export async function yuvPicture(photo: Uint8Array, widthPx: number, heightPx: number): Promise<Picture> {
  const { data } = await sharp(photo)
    .resize(widthPx, heightPx, { fit: 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { format: 'yuv420', widthPx, heightPx, strideBytes: widthPx, bytes: yuvOf(data, widthPx, heightPx) };
}

/** @param data RGB, row by row */
export function yuvOf(data: Uint8Array, widthPx: number, heightPx: number): Uint8Array {
  const bytes = new Uint8Array((widthPx * heightPx * 3) / 2);
  const uPlane = widthPx * heightPx;
  const vPlane = uPlane + uPlane / 4;
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = (y * widthPx + x) * 3;
      const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
      bytes[y * widthPx + x] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      if (x % 2 === 1 || y % 2 === 1) continue;
      const chroma = (y >> 1) * (widthPx >> 1) + (x >> 1);
      bytes[uPlane + chroma] = Math.min(
        255,
        Math.max(0, Math.round(128 - 0.168736 * red - 0.331264 * green + 0.5 * blue)),
      );
      bytes[vPlane + chroma] = Math.min(
        255,
        Math.max(0, Math.round(128 + 0.5 * red - 0.418688 * green - 0.081312 * blue)),
      );
    }
  }
  return bytes;
}
