/** Reads a folder of photos with annotations in COCO's form: images/ and instances.json. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InputError, sentence } from '../../errors.ts';
import type { TrueBox } from './coco-map.ts';

const instancesSchema = z.object({
  images: z.array(z.object({ id: z.number(), file_name: z.string(), width: z.number(), height: z.number() })).min(1),
  annotations: z.array(
    z.object({
      image_id: z.number(),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      iscrowd: z.number().default(0),
    }),
  ),
  categories: z.array(z.object({ id: z.number(), name: z.string() })).min(1),
});

export interface CocoPicture {
  readonly id: number;
  /** Path of the photo. */
  readonly file: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface CocoSet {
  readonly pictures: readonly CocoPicture[];
  readonly truths: readonly TrueBox[];
  /** Names by category id. */
  readonly categories: ReadonlyMap<number, string>;
}

/** @throws InputError when the folder has no instances.json, or it isn't in COCO's form */
export async function readCocoSet(folder: string): Promise<CocoSet> {
  const file = join(folder, 'instances.json');
  const instances = instancesSchema.safeParse(await readJson(file));
  if (!instances.success) {
    const issue = instances.error.issues[0]!;
    throw new InputError(`${file} is not in COCO's form: ${issue.path.join('.')}: ${issue.message}.`);
  }
  const { images, annotations, categories } = instances.data;
  return {
    pictures: images.map(({ id, file_name, width, height }) => ({
      id,
      file: join(folder, 'images', basename(file_name)),
      widthPx: width,
      heightPx: height,
    })),
    truths: annotations.map(({ image_id, category_id, bbox, iscrowd }) => ({
      image: image_id,
      category: category_id,
      box: bbox,
      isCrowd: iscrowd === 1,
    })),
    categories: new Map(categories.map(({ id, name }) => [id, name])),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file} can't be read: ${sentence(error)}.`, {
      remedy: 'Give a folder that holds images/ and instances.json, as COCO has them.',
      cause: error,
    });
  }
}
