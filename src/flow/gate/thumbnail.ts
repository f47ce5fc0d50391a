/** A small grey picture of a frame, for the motion gate: sampled from the planes, or decoded at an eighth of the size. */
import sharp from 'sharp';
import type { Frame } from '../capture/frame.ts';

/** As the camera gave it: not turned upright. */
export interface Thumbnail {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Overwritten by the next frame. */
  readonly bytes: Uint8Array;
}

/**
 * Width of a thumbnail: an eighth of the frame's, so that a person of 40 pixels still is five high, and which libjpeg decodes
 * for next to nothing. Its height follows from the frame's ratio.
 */
const shrinking = 8;
const [leastWidthPx, mostWidthPx] = [80, 240];
/** Samples a side of each pixel: averaged, they take the camera's noise down to a quarter. */
const samples = 4;

export type Thumbnailer = (frame: Frame) => Promise<Thumbnail>;

/** @returns what makes thumbnails of the frames of one camera; a rejection means that a frame can't be decoded */
export function createThumbnailer(): Thumbnailer {
  let buffer = new Uint8Array(0);
  return async (frame) => {
    const widthPx = Math.min(mostWidthPx, Math.max(leastWidthPx, Math.round(frame.widthPx / shrinking)));
    const heightPx = Math.max(1, Math.round((widthPx * frame.heightPx) / frame.widthPx));
    if (buffer.length !== widthPx * heightPx) buffer = new Uint8Array(widthPx * heightPx);
    if (frame.format === 'yuv420') sampleLuma(frame, { widthPx, heightPx }, buffer);
    else {
      // libjpeg decodes only the coefficients of an eighth of the size, then a little is left to shrink.
      const { data } = await sharp(frame.bytes, { failOn: 'none', sequentialRead: true })
        .resize({ width: widthPx, height: heightPx, fit: 'fill', kernel: 'linear' })
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      buffer.set(data.subarray(0, buffer.length));
    }
    return { widthPx, heightPx, bytes: buffer };
  };
}

function sampleLuma(
  frame: Frame,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  into: Uint8Array,
): void {
  const { bytes, strideBytes } = frame;
  const across = frame.widthPx / (widthPx * samples);
  const down = frame.heightPx / (heightPx * samples);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      let sum = 0;
      for (let row = 0; row < samples; row++) {
        const from = Math.floor((y * samples + row + 0.5) * down) * strideBytes;
        for (let column = 0; column < samples; column++) {
          sum += bytes[from + Math.floor((x * samples + column + 0.5) * across)]!;
        }
      }
      into[y * widthPx + x] = sum / (samples * samples);
    }
  }
}
