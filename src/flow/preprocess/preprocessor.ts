/** From a frame to the tensor a model reads: decode, rotate, fit, and write in the input's own type. */
import sharp from 'sharp';
import { InputError } from '../../errors.ts';
import type { Fit, Normalisation } from '../../models/model.ts';
import type { FrameAs } from '../capture/counted-frame.ts';
import type { Frame } from '../capture/frame.ts';
import { cannotDecode, type DecodedFrame } from './decoded-frame.ts';
import { type Elements, elementsOf, elementTables, type Tables } from './element-writer.ts';
import {
  cropInto,
  fitInto,
  type Geometry,
  halvesOf,
  insidePicture,
  type Region,
  upright,
  withinTensor,
} from './geometry.ts';
import { createRgbSampler } from './rgb-sampler.ts';
import type { Tensor, TensorSpec } from './tensor.ts';
import { TensorPool } from './tensor-pool.ts';
import { UseCount } from './use-count.ts';
import { createYuvSampler } from './yuv-sampler.ts';

export interface PreprocessorOptions {
  /** The model's picture input: [1, height, width, 1 or 3]. */
  readonly input: TensorSpec;
  readonly fit: Fit;
  readonly normalisation?: Normalisation;
}

export interface Preprocessor {
  /**
   * Makes a tensor; frame.bytes are not read after it resolved.
   * @param region the part of the upright picture to show, stretched over the tensor; absent: all of it, fitted
   * @param below a second part, which takes the lower half of the tensor and leaves the upper one to the first; both within the picture
   * @throws InputError when the frame can't be decoded
   */
  prepare(frame: Frame | DecodedFrame, region?: Region, below?: Region): Promise<Tensor>;
  /** Resolves when no tensor is being made, and every one that was made is released. */
  idle(): Promise<void>;
}

/** Grey, the middle of the value range: what TensorFlow's and MediaPipe's letterboxes come to after normalisation is near it. */
const paddingPixel = 128;

// One picture at a time, none twice: libvips' cache and threads would only cost memory.
sharp.cache(false);
sharp.concurrency(1);

/** @throws InputError when the input is no picture */
export function createPreprocessor({ input, fit, normalisation }: PreprocessorOptions): Preprocessor {
  const { shape, type } = input;
  const [, heightPx, widthPx, channels] = shape;
  const isPicture = shape.length === 4 && heightPx! > 0 && widthPx! > 0 && (channels === 1 || channels === 3);
  if (!isPicture || !['uint8', 'int8', 'float32'].includes(type)) {
    throw new InputError(
      `The model's input ${input.name} is ${type} [${shape.join(', ')}]; goby feeds pictures: uint8, int8 or float32 [1, height, width, 1 or 3].`,
      { remedy: 'Use a model that takes a picture.' },
    );
  }
  const target: Target = {
    widthPx: widthPx!,
    heightPx: heightPx!,
    channels: channels as 1 | 3,
    tables: elementTables(input, normalisation),
  };
  const count = target.widthPx * target.heightPx * target.channels;
  const pool = new TensorPool(count * (type === 'float32' ? 4 : 1), (bytes) =>
    fillWith(elementsOf(bytes, type), target),
  );
  const uses = new UseCount();
  let sampler: (Shown & { readonly key: string }) | undefined;

  return {
    prepare: async (frame, region, below) => {
      const end = uses.begin();
      try {
        const tensor = await (region === undefined
          ? whole(frame)
          : below === undefined
            ? crop(frame, region)
            : halves(frame, [region, below]));
        const release = (): void => {
          tensor.release();
          end();
        };
        return { ...tensor, release };
      } catch (error) {
        end();
        throw error;
      }
    },
    idle: () => uses.none(),
  };

  async function whole(frame: Frame | DecodedFrame): Promise<Tensor> {
    const key = `${frame.format} ${frame.widthPx} ${frame.heightPx} ${frame.strideBytes} ${frame.rotationDeg}`;
    if (sampler?.key !== key) {
      const geometry = fitInto(upright(frame, frame.rotationDeg), target, fit);
      sampler = { key, geometry, sample: samplerOf(frame, geometry) };
    }
    return made(frame, [sampler]);
  }

  /** Crops are few: their sampler isn't kept. */
  async function crop(frame: Frame | DecodedFrame, region: Region): Promise<Tensor> {
    return made(frame, [cutOut(frame, region)]);
  }

  async function halves(
    frame: Frame | DecodedFrame,
    regions: readonly [upper: Region, lower: Region],
  ): Promise<Tensor> {
    const parts = halvesOf(target);
    const shown = regions.map((region, at) => cutOut(frame, region, parts[at]));
    const tensor = await made(frame, shown);
    return { ...tensor, below: { placement: shown[1]!.geometry.placement, seam: parts[1].topPx / target.heightPx } };
  }

  /** @param part of the tensor; absent: all of it */
  function cutOut(frame: Frame | DecodedFrame, region: Region, part?: Region): Shown {
    const picture = upright(frame, frame.rotationDeg);
    const cropped = cropInto(region, picture, part ?? target);
    const geometry = part === undefined ? cropped : withinTensor(cropped, part, target);
    const inside = insidePicture(region, picture);
    return { geometry, sample: samplerOf(frame, geometry, inside), inside };
  }

  /** @returns undefined for what libvips reads */
  function samplerOf(frame: Frame | DecodedFrame, geometry: Geometry, region?: Region): Sample | undefined {
    const { widthPx: tensorWidthPx, channels, tables } = target;
    if (frame.format === 'yuv420') {
      const yuv = createYuvSampler(frame, geometry, { tensorWidthPx, channels, ...(region && { region }) });
      return (bytes, into) => yuv.sample({ bytes }, into, tables);
    }
    if (frame.format === 'jpeg' || channels === 1) return undefined;
    const rgb = createRgbSampler(frame, geometry, { tensorWidthPx, region });
    return (bytes, into) => rgb.sample(bytes, into, tables);
  }

  async function made(frame: Frame | DecodedFrame, shown: readonly Shown[]): Promise<Tensor> {
    const { channels } = target;
    const decoded = await Promise.all(
      shown.map(({ geometry, sample, inside }) =>
        sample === undefined ? decode(frame as CodedFrame, { geometry, channels, inside }) : undefined,
      ),
    );
    const tensor = pool.take(shown[0]!.geometry.placement, { isFull: isFull(shown, target) });
    const into = elementsOf(tensor.bytes, type);
    shown.forEach(({ geometry, sample }, at) => {
      const pixels = decoded[at];
      if (pixels === undefined) sample!(frame.bytes, into);
      else place(pixels, geometry, into, target);
    });
    return tensor;
  }
}

/** A part of the picture in its place in the tensor. */
interface Shown {
  readonly geometry: Geometry;
  readonly sample: Sample | undefined;
  readonly inside?: Region;
}

/** Writes the frame's pixels into a tensor at once, without libvips. */
type Sample = (bytes: Uint8Array, into: Elements) => void;

/** What libvips reads: a JPEG, or decoded pixels of which a model wants one channel. */
type CodedFrame = FrameAs<'jpeg'> | DecodedFrame;

interface Target {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 1 | 3;
  readonly tables: Tables;
}

/** Shrinks while decoding (libjpeg's scaled IDCT), then to the exact size. */
async function decode(
  frame: CodedFrame,
  { geometry, channels, inside }: { geometry: Geometry; channels: 1 | 3; inside: Region | undefined },
): Promise<Uint8Array> {
  const { widthPx: width, heightPx: height } = geometry;
  try {
    const turned = frame.rotationDeg === 0 ? source(frame) : source(frame).rotate(frame.rotationDeg);
    const cut = inside === undefined ? turned : turned.extract(extractOf(inside));
    const { data } = await cut
      .resize({ width, height, fit: 'fill', kernel: 'linear' })
      .flatten({ background: '#808080' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (data.byteLength !== width * height * channels)
      throw new Error(`${data.byteLength} bytes for ${width}x${height}`);
    return data;
  } catch (cause) {
    throw new InputError(cannotDecode(frame, cause), { cause });
  }
}

function extractOf({ leftPx: left, topPx: top, widthPx: width, heightPx: height }: Region) {
  return { left, top, width, height };
}

function source({ format, bytes, widthPx, heightPx }: CodedFrame): ReturnType<typeof sharp> {
  if (format === 'rgb24') return sharp(bytes, { raw: { width: widthPx, height: heightPx, channels: 3 } });
  return sharp(bytes, { failOn: 'truncated', sequentialRead: true });
}

function place(pixels: Uint8Array, geometry: Geometry, into: Elements, { widthPx, channels, tables }: Target): void {
  const [red, green, blue] = tables;
  const rowLength = geometry.widthPx * channels;
  const isAlike = channels === 1 || (red === green && green === blue);
  for (let y = 0; y < geometry.heightPx; y++) {
    let at = ((geometry.topPx + y) * widthPx + geometry.leftPx) * channels;
    let from = y * rowLength;
    const end = from + rowLength;
    if (isAlike) {
      while (from < end) into[at++] = red[pixels[from++]!]!;
      continue;
    }
    while (from < end) {
      into[at++] = red[pixels[from++]!]!;
      into[at++] = green[pixels[from++]!]!;
      into[at++] = blue[pixels[from++]!]!;
    }
  }
}

/** Is nothing of the tensor padding? */
function isFull(shown: readonly Shown[], tensor: Target): boolean {
  const filled = shown.reduce((sum, { geometry: { widthPx, heightPx } }) => sum + widthPx * heightPx, 0);
  return filled === tensor.widthPx * tensor.heightPx;
}

/** Padding, in each channel's own scale. */
function fillWith(into: Elements, { channels, tables }: Target): void {
  if (channels === 1) into.fill(tables[0][paddingPixel]!);
  else for (let at = 0; at < into.length; at++) into[at] = tables[at % 3]![paddingPixel]!;
}
