/** Photos for calibration and checks: decoded, stretched to the model's input, in its own numbers. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { InputError, sentence } from '../../errors.ts';
import type { Range } from '../convert/quantize/ranges.ts';
import { shapeText } from '../convert/shapes.ts';

const photoName = /\.(jpe?g|png|webp)$/i;

/**
 * All photos of a folder, by name, as the model's input [1, height, width, channels] in float.
 * @param inputRange real values of a pixel of 0 and of 255
 * @throws InputError when the folder holds no photo, or one can't be decoded
 */
export async function readPhotos(folder: string, shape: readonly number[], inputRange: Range): Promise<Float32Array[]> {
  const [batch, height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3)) {
    throw new InputError(
      `Photos can't be given to an input of the shape ${shapeText(shape)}; pictures are [1, height, width, 1 or 3].`,
    );
  }
  const names = await readdir(folder).catch((error: unknown) => {
    throw new InputError(`The folder of photos ${folder} can't be read: ${sentence(error)}.`, { cause: error });
  });
  const photos = names.filter((name) => photoName.test(name)).sort();
  if (photos.length === 0) {
    throw new InputError(
      `${folder} holds no photos (.jpg, .png, .webp), and quantizing needs some to calibrate with.`,
      {
        remedy: 'Name another folder with --calibration-images; `npm run build` fetches sample photos.',
      },
    );
  }
  const scale = (inputRange.high - inputRange.low) / 255;
  return Promise.all(
    photos.map(async (name) => {
      const pixels = await decode(join(folder, name), { height, width, channels });
      return Float32Array.from(pixels, (pixel) => inputRange.low + pixel * scale);
    }),
  );
}

async function decode(file: string, size: { height: number; width: number; channels: 1 | 3 }): Promise<Uint8Array> {
  try {
    const picture = sharp(await readFile(file))
      .resize(size.width, size.height, { fit: 'fill' })
      .removeAlpha();
    return await picture
      .toColourspace(size.channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw new InputError(`${file} can't be read as a photo: ${sentence(error)}.`, { cause: error });
  }
}
