/** A whole YUV420 picture to RGB, in slices between which everything else gets its turn. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Picture } from './picture.ts';

/** Pixels of one slice: about a millisecond on a Pi 4's core, so that a frame that comes meanwhile hardly waits. */
const slicePixels = 16_384;

/** @param into 3 bytes per pixel, row after row without padding; at least widthPx * heightPx * 3 long */
export async function yuvToRgb(picture: Picture, into: Uint8Array): Promise<void> {
  const { widthPx, heightPx } = picture;
  const rows = Math.max(2, Math.floor(slicePixels / widthPx));
  for (let from = 0; from < heightPx; from += rows) {
    convertRows(picture, into, { from, to: Math.min(heightPx, from + rows) });
    await turn();
  }
}

function convertRows(
  { bytes, widthPx, heightPx, strideBytes }: Picture,
  into: Uint8Array,
  { from, to }: { from: number; to: number },
): void {
  const chromaStride = strideBytes >> 1;
  const uPlane = strideBytes * heightPx;
  const vPlane = uPlane + chromaStride * (heightPx >> 1);
  let at = from * widthPx * 3;
  for (let y = from; y < to; y++) {
    const row = y * strideBytes;
    const chromaRow = (y >> 1) * chromaStride;
    for (let x = 0; x < widthPx; x++) {
      const luma = bytes[row + x]!;
      const chroma = chromaRow + (x >> 1);
      const u = bytes[uPlane + chroma]! - 128;
      const v = bytes[vPlane + chroma]! - 128;
      // JFIF's BT.601 full range in 16-bit fixed point: 1.402, 0.344136, 0.714136, 1.772 times 65536.
      const red = luma + ((91_881 * v + 32_768) >> 16);
      const green = luma - ((22_554 * u + 46_802 * v + 32_768) >> 16);
      const blue = luma + ((116_130 * u + 32_768) >> 16);
      into[at++] = red < 0 ? 0 : red > 255 ? 255 : red;
      into[at++] = green < 0 ? 0 : green > 255 ? 255 : green;
      into[at++] = blue < 0 ? 0 : blue > 255 ? 255 : blue;
    }
  }
}
