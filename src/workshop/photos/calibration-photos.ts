/** Photos for calibration and checks: decoded one at a time, upright, stretched to the model's input, in its own numbers. */
import { readFile } from 'node:fs/promises';
import { InputError, sentence } from '../../errors.ts';
import { openPicture } from '../../flow/capture/open-picture.ts';
import type { Range } from '../convert/quantize/ranges.ts';
import { shapeText } from '../convert/shapes.ts';
import { picturesBelow } from './photo-folders.ts';

/** Photos as a model's input, as often as they are asked for. Memory doesn't grow with their number. */
export interface CalibrationPhotos {
  /** As many as inputs() gives at most. */
  readonly count: number;
  /** In order of their names. Photos that can't be decoded are left out. @throws InputError when none is left */
  inputs(): AsyncIterable<Float32Array>;
  /** A sentence about each photo that was left out so far. */
  readonly leftOut: ReadonlySet<string>;
}

export const isPictureShape = ([batch, height, width, channels, ...more]: readonly number[]): boolean =>
  batch === 1 && height !== undefined && width !== undefined && (channels === 1 || channels === 3) && more.length === 0;

/**
 * All photos of a folder and of those below it.
 * @param shape [1, height, width, 1 or 3]
 * @param inputRange real values of a pixel of 0 and of 255
 * @throws InputError when the folder holds no photo
 */
export async function openPhotos(
  folder: string,
  shape: readonly number[],
  inputRange: Range,
): Promise<CalibrationPhotos> {
  const [, height = 0, width = 0, channels] = shape;
  if (!isPictureShape(shape)) {
    throw new InputError(
      `Photos can't be given to an input of the shape ${shapeText(shape)}; pictures are [1, height, width, 1 or 3].`,
    );
  }
  const files = await picturesBelow(folder);
  if (files.length === 0) {
    throw new InputError(
      `${folder} holds no photos (.jpg, .png, .webp), and quantizing needs some to calibrate with.`,
      { remedy: 'Name another folder with --calibration-images; `npm run build` fetches sample photos.' },
    );
  }
  const size = { height, width, channels: channels as 1 | 3 };
  const leftOut = new Set<string>();
  return { count: files.length, leftOut, inputs: () => decodedInputs(files, size, inputRange, leftOut) };
}

interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

async function* decodedInputs(
  files: readonly string[],
  size: PictureSize,
  { low, high }: Range,
  leftOut: Set<string>,
): AsyncGenerator<Float32Array> {
  let given = 0;
  for (const file of files) {
    let pixels: Uint8Array;
    try {
      pixels = await decode(file, size);
    } catch (error) {
      leftOut.add(`${file} can't be read as a photo: ${sentence(error)}.`);
      continue;
    }
    given += 1;
    yield Float32Array.from(pixels, (pixel) => low + (pixel * (high - low)) / 255);
  }
  if (given === 0) throw new InputError([...leftOut].slice(0, 1).join(' '));
}

async function decode(file: string, { height, width, channels }: PictureSize): Promise<Uint8Array> {
  const { data, info } = await openPicture(await readFile(file))
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: '#808080' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`);
  return data;
}
