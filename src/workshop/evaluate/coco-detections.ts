/** A detector on every photo of a COCO set: the boxes that the measure is computed from. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import { InputError, sentence } from '../../errors.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { startProgress } from '../../terminal/progress.ts';
import type { CocoPicture, CocoSet } from './coco-annotations.ts';
import type { FoundBox } from './coco-map.ts';
import { ssdBoxes } from './ssd-boxes.ts';

/** Category id of a class index. With labels by name, else by COCO's numbering, which starts at 1. */
export function categories(set: CocoSet, labels: readonly string[] | undefined): (classIndex: number) => number {
  if (labels === undefined) return (classIndex) => classIndex + 1;
  const byName = new Map([...set.categories].map(([id, name]) => [name, id]));
  if (!labels.some((label) => byName.has(label))) {
    throw new InputError('None of the labels is the name of a category of the photos.');
  }
  return (classIndex) => byName.get(labels[classIndex] ?? '') ?? -1;
}

/** Every photo of the set through the detector, with a progress bar. Boxes come in pixels of the photo, as COCO has them. */
export async function detectAll(
  engine: Engine,
  loaded: LoadedModel,
  set: CocoSet,
  categoryOf: (classIndex: number) => number,
): Promise<{ found: FoundBox[]; invokeMs: number[] }> {
  const progress = startProgress('evaluating', set.pictures.length);
  const found: FoundBox[] = [];
  const invokeMs: number[] = [];
  for (const [at, picture] of set.pictures.entries()) {
    const result = await engine.infer(loaded.name, [await pixelsFor(picture, loaded)]);
    invokeMs.push(result.invokeMs);
    for (const { classIndex, score, top, left, bottom, right } of ssdBoxes(result.outputs, loaded.name)) {
      const { widthPx, heightPx } = picture;
      found.push({
        image: picture.id,
        category: categoryOf(classIndex),
        score,
        box: [left * widthPx, top * heightPx, (right - left) * widthPx, (bottom - top) * heightPx],
      });
    }
    progress.update(at + 1, basename(picture.file));
  }
  progress.end();
  return { found, invokeMs };
}

/** The whole photo, stretched to the input, as COCO models are trained. */
async function pixelsFor(picture: CocoPicture, loaded: LoadedModel): Promise<Uint8Array> {
  const [spec] = loaded.inputs;
  const [, height = 0, width = 0] = spec!.shape;
  const pixels = await decode(picture.file, width, height);
  if (spec!.type === 'float32') return new Uint8Array(Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1).buffer);
  return spec!.type === 'int8' ? pixels.map((pixel) => pixel - 128) : pixels;
}

async function decode(file: string, width: number, height: number): Promise<Uint8Array> {
  try {
    const input = await readFile(file);
    return await sharp(input)
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    throw new InputError(`${file} can't be read as a photo: ${sentence(error)}.`, { cause: error });
  }
}
