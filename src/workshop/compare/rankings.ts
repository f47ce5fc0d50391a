/** What each classifier says of photos: its five best labels, as the agent would see them. */

import { isExpected, sentence } from '../../errors.ts';
import type { Frame } from '../../flow/capture/frame.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { createInterpreter } from '../../flow/interpret/interpreter.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Model } from '../../models/model.ts';
import { type Ranking, topAccuracy, unknownClasses } from '../evaluate/top-accuracy.ts';
import type { MeasuredAccuracy } from './comparison.ts';

export interface Classifier {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Pick<Engine, 'infer'>;
}

export interface LabelledPhoto {
  readonly file: string;
  /** Absent: photos for agreement only. */
  readonly className?: string;
}

export interface Rankings {
  /** The photos that could be read. */
  readonly photos: readonly LabelledPhoto[];
  /** By classifier, then by photo. */
  readonly of: readonly (readonly Ranking[])[];
}

const depth = 5;

/** Photo by photo, all classifiers on each. A photo that can't be read is told and left out for all. */
export async function rankPhotos(
  classifiers: readonly Classifier[],
  photos: readonly LabelledPhoto[],
  onProgress: (done: number) => void,
): Promise<Rankings> {
  const rankers = classifiers.map(ranker);
  const read: LabelledPhoto[] = [];
  const of = classifiers.map((): Ranking[] => []);
  for (const [at, photo] of photos.entries()) {
    try {
      const frame = await photoFrame(photo.file, at + 1);
      for (const [which, rank] of rankers.entries()) of[which]!.push(await rank(frame));
      read.push(photo);
    } catch (error) {
      if (!isExpected(error)) throw error;
      console.error(`goby: left out: ${sentence(error)}`);
    }
    onProgress(at + 1);
  }
  return { photos: read, of };
}

function ranker({ model, loaded, engine }: Classifier): (frame: Frame) => Promise<Ranking> {
  const preprocessor = createModelPreprocessor(model, loaded);
  const interpret = createInterpreter({ model, loaded, minScore: 0, maxDetections: depth });
  return async (frame) => {
    const tensor = await preprocessor.prepare(frame);
    const result = await engine.infer(loaded.name, [tensor.bytes]);
    tensor.release();
    return interpret(result, tensor.placement).map(({ label }) => label);
  };
}

/** Accuracy where the model knows every class of the photos. */
export function accuracyOf(
  { labels }: Model,
  photos: readonly LabelledPhoto[],
  rankings: readonly Ranking[],
): MeasuredAccuracy {
  if (labels === undefined) return { reason: 'it has no labels' };
  const truths = photos.map(({ className = '' }) => className);
  const strange = unknownClasses(labels, [...new Set(truths)]);
  if (strange.length > 0) return { reason: `its labels don't have ${strange.slice(0, 3).join(', ')}` };
  return photos.length === 0
    ? { reason: 'no photo could be read' }
    : { ...topAccuracy(rankings, truths, labels), photos: photos.length };
}
