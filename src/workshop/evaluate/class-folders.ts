/** A classifier on photos in one folder per class: accuracy, confusion, the most confidently wrong. */
import { InputError, isExpected, sentence } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { classProbabilities } from '../../flow/interpret/classification.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Fit, Model } from '../../models/model.ts';
import { startProgress } from '../../terminal/progress.ts';
import { table } from '../../terminal/table.ts';
import { photoName, readPhotoFolders } from '../photos/photo-folders.ts';
import { percentText } from '../train/report.ts';
import { intervalText } from './interval.ts';
import { labelsOfClass, topAccuracy, unknownClasses } from './top-accuracy.ts';
import { type Answer, judge, type Verdict } from './verdict.ts';

export interface ClassFolderResult {
  readonly verdict: Verdict;
  readonly classes: readonly string[];
  readonly top1: number;
  readonly top5: number;
  readonly unreadable: number;
  readonly invokeMs: readonly number[];
}

/**
 * Only the classes of the folders compete in the confusion matrix; top-1 and top-5 are over all labels of the model.
 * @throws InputError when the model has no label for a folder
 */
export async function evaluateClassFolders(
  engine: Pick<Engine, 'infer'>,
  { model, loaded, fit }: { model: Model; loaded: LoadedModel; fit: Fit | 'auto' },
  folder: string,
): Promise<ClassFolderResult> {
  const { classes, photos } = await readPhotoFolders(folder);
  const { labels = [] } = model;
  const strange = unknownClasses(labels, classes);
  if (strange.length > 0) {
    throw new InputError(`${model.name} has no label for the folder ${strange.join(', ')} of ${folder}.`, {
      remedy:
        labels.length === 0
          ? 'Name its label file with --labels.'
          : `Its labels: ${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ', ...' : ''}.`,
    });
  }
  const columns = classes.map((name) => {
    const own = labelsOfClass(labels, name);
    return labels.findIndex((label) => own.has(label));
  });
  const preprocessor = createModelPreprocessor(model, loaded, fit);
  const progress = startProgress('evaluating', photos.length);
  const answers: Answer[] = [];
  const rankings: string[][] = [];
  const invokeMs: number[] = [];
  let unreadable = 0;
  for (const [at, photo] of photos.entries()) {
    try {
      const tensor = await preprocessor.prepare(await photoFrame(photo.file, at + 1));
      const result = await engine.infer(loaded.name, [tensor.bytes]);
      tensor.release();
      const scores = Array.from(classProbabilities(result.outputs, model));
      const order = scores.map((_, label) => label).sort((a, b) => scores[b]! - scores[a]!);
      rankings.push(order.slice(0, 5).map((label) => labels[label] ?? ''));
      answers.push({
        photo: photoName(photo),
        truth: classes.indexOf(photo.className),
        probabilities: columns.map((column) => scores[column]!),
      });
      invokeMs.push(result.invokeMs);
    } catch (error) {
      if (!isExpected(error)) throw error;
      unreadable += 1;
      console.error(`goby: left out: ${sentence(error)}`);
    }
    progress.update(at + 1, photoName(photo));
  }
  progress.end();
  if (answers.length === 0) throw new InputError(`None of the photos in ${folder} can be read.`);
  const truths = answers.map(({ truth }) => classes[truth]!);
  return {
    verdict: judge(answers, classes.length),
    classes,
    ...topAccuracy(rankings, truths, labels),
    unreadable,
    invokeMs,
  };
}

export function classFolderText({ verdict, classes, top1, top5, unreadable }: ClassFolderResult): string {
  const { photos, mistakes } = verdict;
  return [
    table(
      ['class', 'photos', 'precision', 'recall', ...classes.map((name) => `said ${name}`)],
      verdict.classes.map(({ photos: own, precision, recall }, at) => [
        classes[at]!,
        own,
        percentText(precision),
        percentText(recall),
        ...verdict.confusion[at]!,
      ]),
    ),
    ...(mistakes.length === 0
      ? []
      : [
          '\nmost confidently wrong:',
          ...mistakes.slice(0, 5).map(({ photo, said, score }) => `  ${photo}: ${classes[said]} ${score.toFixed(2)}`),
        ]),
    '',
    `top-1          ${percentText(top1)} of ${photos} photos (95 % interval ${intervalText(Math.round(top1 * photos), photos)})`,
    `balanced       ${percentText(verdict.balancedAccuracy)}, the mean of the recalls`,
    `top-5          ${percentText(top5)}`,
    ...(unreadable === 0 ? [] : [`left out       ${unreadable} photos that can't be read`]),
  ].join('\n');
}
