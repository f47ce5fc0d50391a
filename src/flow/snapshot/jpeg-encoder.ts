/** From a kept picture to the JPEG of a snapshot: upright, no larger than asked, with boxes where wanted. */
import sharp from 'sharp';
import type { SnapshotsConfig } from '../../config/snapshots-section.ts';
import { InputError, sentence } from '../../errors.ts';
import { boxesSvg, type Mark } from './boxes-svg.ts';
import type { Picture } from './picture.ts';
import { yuvToRgb } from './yuv-to-rgb.ts';

/**
 * Encodes one picture at a time: call it again only when the last call has ended. Rejects with InputError when the
 * picture can't be decoded.
 */
export type JpegEncoder = (picture: Picture, marks: readonly Mark[]) => Promise<Uint8Array>;

/** @returns an encoder with a buffer of its own for the pixels of YUV pictures, which is kept from one picture to the next */
export function createJpegEncoder({ boxes, quality, longestSidePx }: SnapshotsConfig): JpegEncoder {
  let rgb = Buffer.alloc(0);

  const sourceOf = async (picture: Picture): Promise<ReturnType<typeof sharp>> => {
    const { format, widthPx, heightPx, bytes } = picture;
    // EXIF's orientation is part of rotationDeg already, and what else it says, such as a place, goes nowhere.
    if (format === 'jpeg') return sharp(bytes, { failOn: 'truncated', sequentialRead: true });
    const length = widthPx * heightPx * 3;
    if (rgb.length < length) rgb = Buffer.allocUnsafeSlow(length);
    await yuvToRgb(picture, rgb);
    return sharp(rgb.subarray(0, length), { raw: { width: widthPx, height: heightPx, channels: 3 } });
  };

  return async (picture, marks) => {
    const { widthPx: width, heightPx: height } = snapshotSize(picture, longestSidePx);
    const svg = boxes && marks.some(({ box }) => box !== undefined) ? boxesSvg(marks, width, height) : undefined;
    try {
      const source = await sourceOf(picture);
      const turned = picture.rotationDeg === 0 ? source : source.rotate(picture.rotationDeg);
      const sized = turned.resize({ width, height, fit: 'fill' }).toColourspace('srgb');
      const drawn = svg === undefined ? sized : sized.composite([{ input: Buffer.from(svg) }]);
      return await drawn.jpeg({ quality }).toBuffer();
    } catch (cause) {
      throw new InputError(`The snapshot of frame ${picture.sequence} can't be encoded: ${sentence(cause)}.`, {
        cause,
      });
    }
  };
}

/** Size of the upright snapshot: the picture's own, or shrunk in its own ratio until the longest side fits. */
export function snapshotSize(
  { widthPx, heightPx, rotationDeg }: Pick<Picture, 'widthPx' | 'heightPx' | 'rotationDeg'>,
  longestSidePx: number,
): { widthPx: number; heightPx: number } {
  const isTurned = rotationDeg === 90 || rotationDeg === 270;
  const scale = Math.min(1, longestSidePx / Math.max(widthPx, heightPx));
  const scaled = (px: number) => Math.max(1, Math.round(px * scale));
  return isTurned
    ? { widthPx: scaled(heightPx), heightPx: scaled(widthPx) }
    : { widthPx: scaled(widthPx), heightPx: scaled(heightPx) };
}
