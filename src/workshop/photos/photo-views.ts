/** Views of a photo: as it is, mirrored, or distorted at random, in the numbers that a model's input takes. */
import { createHash } from 'node:crypto';
import type { Sharp } from 'sharp';
import { InputError, sentence } from '../../errors.ts';
import { openPicture } from '../../flow/capture/open-picture.ts';
import type { TensorSpec } from '../../flow/preprocess/tensor.ts';
import { mulberry32 } from '../train/softmax-regression.ts';

/** As retrain.py has them, in per cent; 0: not at all. */
export interface Distortions {
  /** Margin that is cut away at random. */
  readonly crop: number;
  /** How much larger the photo may become. */
  readonly scale: number;
  /** How much darker or brighter. */
  readonly brightness: number;
}

/** RGB, row-major, of the size of the input. */
export interface Pixels {
  readonly bytes: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

export function isDistorted({ crop, scale, brightness }: Distortions): boolean {
  return crop > 0 || scale > 0 || brightness > 0;
}

/** The whole photo, upright, stretched to the input, as fitOf says for classifiers. @throws InputError without the file's name */
export async function plainView(photo: Uint8Array, size: Omit<Pixels, 'bytes'>): Promise<Pixels> {
  return decoded(openPicture(photo), size);
}

/** @param seed decides what is random: the same seed gives the same view */
export async function distortedView(
  photo: Uint8Array,
  size: Omit<Pixels, 'bytes'>,
  { crop, scale, brightness }: Distortions,
  seed: string,
): Promise<Pixels> {
  const random = mulberry32(createHash('sha256').update(seed).digest().readUInt32LE(0));
  const { width = 0, height = 0, orientation = 1 } = await metadata(photo);
  const turned = orientation >= 5;
  const [wide, high] = turned ? [height, width] : [width, height];
  const share = 1 / ((1 + crop / 100) * (1 + (random() * scale) / 100));
  const [cutWide, cutHigh] = [wide, high].map((side) => Math.max(1, Math.round(side * share))) as [number, number];
  const region = {
    left: Math.floor(random() * (wide - cutWide + 1)),
    top: Math.floor(random() * (high - cutHigh + 1)),
    width: cutWide,
    height: cutHigh,
  };
  const light = 1 + ((2 * random() - 1) * brightness) / 100;
  const picture = openPicture(photo).extract(region).linear(Math.max(0, light), 0);
  return decoded(picture, size);
}

export function mirrored({ bytes, widthPx, heightPx }: Pixels): Pixels {
  const into = new Uint8Array(bytes.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = (y * widthPx + x) * 3;
      const to = (y * widthPx + (widthPx - 1 - x)) * 3;
      into[to] = bytes[from]!;
      into[to + 1] = bytes[from + 1]!;
      into[to + 2] = bytes[from + 2]!;
    }
  }
  return { bytes: into, widthPx, heightPx };
}

/** Pixels as the input takes them: uint8 as they are, int8 less 128, float in -1..1. */
export function inputBytes({ type }: Pick<TensorSpec, 'type'>, { bytes }: Pixels): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.from(bytes, (pixel) => pixel / 127.5 - 1).buffer);
  return type === 'int8' ? bytes.map((pixel) => pixel - 128) : bytes;
}

/** @throws InputError when it is no picture of three channels */
export function sizeOf({ shape, type, name }: TensorSpec): Omit<Pixels, 'bytes'> {
  const [, heightPx = 0, widthPx = 0, channels] = shape;
  if (shape.length === 4 && channels === 3 && ['uint8', 'int8', 'float32'].includes(type)) return { widthPx, heightPx };
  throw new InputError(`The base's input ${name} is ${type} [${shape.join(', ')}]; goby trains on pictures in colour.`);
}

async function metadata(photo: Uint8Array) {
  try {
    return await openPicture(photo).metadata();
  } catch (cause) {
    throw undecodable(cause);
  }
}

async function decoded(picture: Sharp, { widthPx, heightPx }: Omit<Pixels, 'bytes'>): Promise<Pixels> {
  try {
    const bytes = await picture
      .resize({ width: widthPx, height: heightPx, fit: 'fill', kernel: 'linear' })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    return { bytes, widthPx, heightPx };
  } catch (cause) {
    throw undecodable(cause);
  }
}

const undecodable = (cause: unknown) =>
  cause instanceof InputError ? cause : new InputError(`can't be decoded: ${sentence(cause)}`, { cause });
