/** A detector on every photo of a COCO set: the boxes that the measure is computed from. */
import { basename } from 'node:path';
import { InputError } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { createDecode } from '../../flow/interpret/decode.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Fit, Model } from '../../models/model.ts';
import { startProgress } from '../../terminal/progress.ts';
import type { CocoSet } from './coco-annotations.ts';
import type { FoundBox } from './coco-map.ts';

/** Category id of a class index. With labels by name, else by COCO's numbering, which starts at 1. */
export function categories(set: CocoSet, labels: readonly string[] | undefined): (classIndex: number) => number {
  if (labels === undefined) return (classIndex) => classIndex + 1;
  const byName = new Map([...set.categories].map(([id, name]) => [name, id]));
  if (!labels.some((label) => byName.has(label))) {
    throw new InputError('None of the labels is the name of a category of the photos.');
  }
  return (classIndex) => byName.get(labels[classIndex] ?? '') ?? -1;
}

export interface DetectAllOptions {
  readonly engine: Pick<Engine, 'infer'>;
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly set: CocoSet;
  readonly categoryOf: (classIndex: number) => number;
  readonly fit: Fit | 'auto';
}

/** The measure looks at so many boxes of a photo, best first: maxDets of COCO's own evaluation. */
const maxDetections = 100;

/**
 * Every photo of the set through the detector as the agent would show it, with a progress bar. Boxes come in pixels of the
 * photo, as COCO has them.
 */
export async function detectAll({ engine, model, loaded, set, categoryOf, fit }: DetectAllOptions): Promise<{
  found: FoundBox[];
  invokeMs: number[];
}> {
  const preprocessor = createModelPreprocessor(model, loaded, fit);
  const decode = createDecode({ model, loaded, minScore: 0, maxDetections });
  const progress = startProgress('evaluating', set.pictures.length);
  const found: FoundBox[] = [];
  const invokeMs: number[] = [];
  for (const [at, { id, file, widthPx, heightPx }] of set.pictures.entries()) {
    const tensor = await preprocessor.prepare(await photoFrame(file, at + 1));
    const result = await engine.infer(loaded.name, [tensor.bytes]);
    tensor.release();
    invokeMs.push(result.invokeMs);
    for (const { classIndex, score, box } of decode(result, tensor.placement)) {
      const [left, top, right, bottom] = box!;
      found.push({
        image: id,
        category: categoryOf(classIndex),
        score,
        box: [left * widthPx, top * heightPx, (right - left) * widthPx, (bottom - top) * heightPx],
      });
    }
    progress.update(at + 1, basename(file));
  }
  progress.end();
  return { found, invokeMs };
}
