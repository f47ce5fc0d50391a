/** From embedded photos to a head: sets, labels, and the method that was asked for. */
import { InputError } from '../../errors.ts';
import { judge, type Verdict } from '../evaluate/verdict.ts';
import { photoName } from '../photos/photo-folders.ts';
import type { Embedded } from './embed-photos.ts';
import type { FeatureSet } from './feature-set.ts';
import { type Head, predict } from './head.ts';
import { imprint, imprintAs } from './imprinting.ts';
import { type Curve, type RegressionOptions, trainHead } from './softmax-regression.ts';
import { type SetName, type SplitPercentages, setOf } from './split.ts';

export type Method = 'softmax' | 'imprinting';

export interface FitOptions {
  readonly method: Method;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly validationBatchSize: number;
  readonly steps: number;
  readonly evalInterval: number;
}

export interface LabelledSets {
  readonly labels: readonly string[];
  readonly training: readonly Embedded[];
  readonly validation: readonly Embedded[];
  readonly testing: readonly Embedded[];
}

export interface Fit {
  readonly head: Head;
  readonly seconds: number;
  readonly steps?: number;
  readonly curve: readonly Curve[];
  /** Of the head that was made from the training photos alone. */
  readonly validation: Verdict;
  readonly testing: Verdict;
}

/**
 * @param known classes that have photos here, whether or not they could be read
 * @throws InputError for a class of which no photo is left to train with
 */
export function setsOf(
  embedded: readonly Embedded[],
  labels: readonly string[],
  split: SplitPercentages,
  known: ReadonlySet<string> = new Set(),
): LabelledSets {
  const unread = labels.filter((label) => known.has(label) && !embedded.some(({ photo }) => photo.className === label));
  if (unread.length > 0) {
    throw new InputError(`None of the photos of ${unread.join(', ')} can be read.`, {
      remedy: 'Put other photos into the folder, or remove it.',
    });
  }
  const of = (name: SetName) => embedded.filter(({ photo }) => setOf(photo.file, split) === name);
  const training = of('training');
  const lost = labels.filter(
    (label) =>
      embedded.some(({ photo }) => photo.className === label) &&
      training.every(({ photo }) => photo.className !== label),
  );
  if (lost.length > 0) {
    throw new InputError(
      `No photo of ${lost.join(', ')} is left to train with: all fall into the validation and test sets.`,
      {
        remedy: 'Add photos, or lower --validation-percentage and --testing-percentage.',
      },
    );
  }
  return { labels, training, validation: of('validation'), testing: of('testing') };
}

/**
 * A head of the training photos is judged by the validation photos; the head that is kept is made in the same way from both.
 * @param remembered examples of classes whose photos aren't here, as further training rows
 */
export function fitHead(sets: LabelledSets, remembered: FeatureSet | undefined, options: FitOptions): Fit {
  const { labels } = sets;
  const own = features(sets.training, labels, true);
  const training = remembered === undefined ? own : joined(own, remembered);
  const validation = features(sets.validation, labels, false);
  const fromMs = performance.now();
  const { judged, kept, ...facts } =
    options.method === 'imprinting'
      ? imprinted(training, validation, labels.length)
      : trained(training, validation, { classes: labels.length, ...options });
  const seconds = (performance.now() - fromMs) / 1000;
  return {
    head: kept,
    seconds,
    ...facts,
    validation: verdictOf(judged, sets.validation, labels),
    testing: verdictOf(kept, sets.testing, labels),
  };
}

function trained(training: FeatureSet, validation: FeatureSet, options: Omit<RegressionOptions, 'weightDecay'>) {
  const { head, steps, curve } = trainHead(training, validation, options);
  const found = { ...options, steps, evalInterval: steps };
  const kept = validation.rows.length === 0 ? head : trainHead(joined(training, validation), noRows, found).head;
  return { judged: head, kept, steps, curve };
}

function imprinted(training: FeatureSet, validation: FeatureSet, classes: number) {
  const { head, sharpness } = imprint(training, validation, classes);
  return { judged: head, kept: imprintAs(joined(training, validation), classes, sharpness), curve: [] };
}

const noRows: FeatureSet = { size: 0, rows: [], labels: [] };

export function joined(one: FeatureSet, other: FeatureSet): FeatureSet {
  return { size: one.size, rows: [...one.rows, ...other.rows], labels: [...one.labels, ...other.labels] };
}

/** Every view of the photos, or the plain one only. */
export function features(embedded: readonly Embedded[], labels: readonly string[], everyView: boolean): FeatureSet {
  const rows: Float32Array[] = [];
  const classes: number[] = [];
  for (const { photo, views } of embedded) {
    for (const view of everyView ? views : views.slice(0, 1)) {
      rows.push(view);
      classes.push(labels.indexOf(photo.className));
    }
  }
  return { size: rows[0]?.length ?? 0, rows, labels: classes };
}

export function verdictOf(head: Head, embedded: readonly Embedded[], labels: readonly string[]): Verdict {
  const { rows, labels: truths } = features(embedded, labels, false);
  const answers = predict(head, rows).map((probabilities, at) => ({
    photo: photoName(embedded[at]!.photo),
    truth: truths[at]!,
    probabilities,
  }));
  return judge(answers, labels.length);
}
