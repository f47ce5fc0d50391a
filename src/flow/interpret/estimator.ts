/** From the raw outputs of a second-stage model to estimates about one crop. */
import { InputError } from '../../errors.ts';
import type { Model } from '../../models/model.ts';
import type { InferenceResult, LoadedModel } from '../infer/engine.ts';
import { bestClasses, classProbabilities } from './classification.ts';
import { checkClassifier } from './decode.ts';
import type { Estimate } from './detection.ts';
import { findGenderAgeOutputs, readGenderAge } from './gender-age.ts';

export interface EstimatorOptions {
  readonly model: Pick<Model, 'name' | 'decoder' | 'labels' | 'scores' | 'roles'>;
  readonly loaded: LoadedModel;
  /** Name of a classifier's estimate; models that estimate several things name them themselves. */
  readonly name: string;
}

/** Takes the outputs of either file of a pair. No estimate when every score is no number. */
export type Estimator = (result: InferenceResult) => Estimate[];

/** @throws InputError when the outputs or the number of labels don't fit, or the model finds boxes */
export function createEstimator({ model, loaded, name }: EstimatorOptions): Estimator {
  const { decoder, labels } = model;
  const by = ({ model: { sha256 } }: InferenceResult) => ({ model: model.name, modelSha256: sha256 });
  switch (decoder) {
    case 'classification': {
      checkClassifier(model, loaded);
      return (result) =>
        bestClasses(classProbabilities(result.outputs, model), { count: 1, minScore: 0 }).map(({ index, score }) => ({
          name,
          value: labels?.[index] ?? `class ${index}`,
          score,
          ...by(result),
        }));
    }
    case 'gender-age': {
      const at = findGenderAgeOutputs(loaded);
      return (result) => readGenderAge(result.outputs, at).map((estimate) => ({ ...estimate, ...by(result) }));
    }
    default:
      throw new InputError(`The model ${model.name} finds things with boxes; a second stage takes a classifier.`, {
        remedy: '`goby models list` shows what each model is for.',
      });
  }
}
