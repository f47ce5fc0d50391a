/** A frame's pixels, decoded once for all that is cut out of them, and counted as the frame itself is. */
import sharp from 'sharp';
import { InputError, sentence } from '../../errors.ts';
import { countedFrame, type FrameAs, type FrameFacts } from '../capture/counted-frame.ts';
import type { Frame } from '../capture/frame.ts';
import { upright } from './geometry.ts';
import { collectYoungGarbageSoon } from './young-garbage.ts';

/** Upright rows of red, green and blue, no padding; rotationDeg is 0. */
export type DecodedFrame = FrameAs<'rgb24'>;

/**
 * The form of a frame that many regions are cut out of at little cost: planes as they are, with one reader more; a JPEG
 * decoded. Release it exactly once; a decoded one no longer needs its frame.
 * @throws InputError when the frame can't be decoded
 */
export async function decodeFrame(frame: Frame): Promise<Frame | DecodedFrame> {
  if (frame.format === 'yuv420') {
    frame.retain();
    return frame;
  }
  const { rotationDeg, retain: _retain, release: _release, ...facts } = frame;
  const size = upright(frame, rotationDeg);
  try {
    const source = sharp(frame.bytes, { failOn: 'truncated', sequentialRead: rotationDeg === 0 });
    const turned = rotationDeg === 0 ? source : source.rotate(rotationDeg);
    const { data, info } = await turned
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width !== size.widthPx || info.height !== size.heightPx || info.channels !== 3)
      throw new Error(`${info.width}x${info.height} pixels instead of ${size.widthPx}x${size.heightPx}`);
    const decoded: FrameFacts<'rgb24'> = {
      ...facts,
      ...size,
      format: 'rgb24',
      rotationDeg: 0,
      strideBytes: 3 * size.widthPx,
      bytes: data,
    };
    return countedFrame(decoded, collectYoungGarbageSoon);
  } catch (cause) {
    throw new InputError(cannotDecode(frame, cause), { cause });
  }
}

export function cannotDecode(
  { origin, sequence, camera }: Pick<Frame, 'origin' | 'sequence' | 'camera'>,
  cause: unknown,
): string {
  return `Frame ${origin ?? sequence} of ${camera} can't be decoded: ${sentence(cause)}.`;
}
