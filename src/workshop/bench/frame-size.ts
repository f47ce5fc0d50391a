/** The option that says how large the frames of a measurement are. */
import { InvalidArgumentError } from 'commander';

export interface FrameSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** @throws InvalidArgumentError when it isn't such as 1280x720 */
export function parseSize(text: string): FrameSize {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  const [widthPx, heightPx] = [Number(width), Number(height)];
  // YUV420 has one colour for two by two pixels.
  const isRight = [widthPx, heightPx].every((side) => side >= 64 && side <= 4096 && side % 2 === 0);
  if (!isRight) throw new InvalidArgumentError('expected even numbers from 64 to 4096, such as 1280x720.');
  return { widthPx, heightPx };
}
