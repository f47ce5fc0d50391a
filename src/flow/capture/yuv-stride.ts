/**
 * The stride of rpicam-vid's raw YUV420. rpicam-vid writes the camera's buffer as it is, rows padded to the stride of the
 * stream, and doesn't tell it: the ISP of a Pi 4 and earlier aligns rows of Y to 64 bytes, the one of a Pi 5 to 128
 * (64 for U and V), other pipelines not at all. A width that is a multiple of 128 leaves no doubt. For any other width,
 * one frame is captured first, and its length gives the stride.
 */
import { UnavailableError } from '../../errors.ts';
import type { PictureSize } from './rpicam-arguments.ts';

const largestAlignment = 128;
const alignments = [2, 16, 32, 64, 128, 256] as const;

/** The stride where every alignment agrees; undefined: it has to be measured. */
export function certainStride(widthPx: number): number | undefined {
  return widthPx % largestAlignment === 0 ? widthPx : undefined;
}

/** The stride that gives one frame of this length. @throws UnavailableError when none does */
export function strideOfFrame(lengthBytes: number, { widthPx, heightPx }: PictureSize): number {
  const stride = (lengthBytes * 2) / (heightPx * 3);
  const possible = alignments.map((alignment) => Math.ceil(widthPx / alignment) * alignment);
  if (possible.includes(stride)) return stride;
  throw new UnavailableError(
    `The camera gave ${lengthBytes} bytes for a YUV420 frame of ${widthPx}x${heightPx}, which fits no row length goby knows (${[...new Set(possible)].join(', ')} bytes).`,
    { remedy: 'Set source.widthPx to a multiple of 128, such as 640, or source.format to mjpeg.' },
  );
}
