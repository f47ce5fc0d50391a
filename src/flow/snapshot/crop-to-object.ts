/** What of a snapshot is the object itself: cut out along its box, inside of what is drawn there. */
import sharp from 'sharp';
import { InputError, sentence } from '../../errors.ts';
import { insideOfDrawnBox } from './boxes-svg.ts';
import { readNote } from './picture-note.ts';

/** Smaller ones show nothing that could be learned. */
const shortestSidePx = 24;
const quality = 90;

/** @throws InputError for a picture that doesn't say where its object is, or whose object is too small */
export async function cropToObject(jpeg: Uint8Array): Promise<Uint8Array> {
  const note = readNote(jpeg);
  if (note === undefined) {
    throw new InputError('The picture of this event does not say where in it the object is.', {
      remedy: 'It was kept by an earlier goby; events from now on have it.',
    });
  }
  if (note.box === null) return jpeg;
  try {
    const { width, height } = await sharp(jpeg).metadata();
    const [x1, y1, x2, y2] = note.drawn ? insideOfDrawnBox(note.box, width, height) : scaled(note.box, width, height);
    const [left, top] = [Math.max(0, Math.ceil(x1)), Math.max(0, Math.ceil(y1))];
    const size = { width: Math.min(width, Math.floor(x2)) - left, height: Math.min(height, Math.floor(y2)) - top };
    if (Math.min(size.width, size.height) < shortestSidePx) {
      throw new InputError(
        `The object is ${size.width} x ${size.height} pixels in this picture: too small to learn from.`,
      );
    }
    return await sharp(jpeg)
      .extract({ left, top, ...size })
      .jpeg({ quality })
      .toBuffer();
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`The picture of this event can't be read: ${sentence(cause)}.`, { cause });
  }
}

type Sides = readonly [number, number, number, number];

const scaled = ([x1, y1, x2, y2]: Sides, widthPx: number, heightPx: number): Sides => [
  x1 * widthPx,
  y1 * heightPx,
  x2 * widthPx,
  y2 * heightPx,
];
