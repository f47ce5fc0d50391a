/** The preprocessor that a model's own facts ask for. The agent and every command take it, so that what is measured is what runs. */
import { fitOf } from '../../models/fit.ts';
import type { Fit, Model } from '../../models/model.ts';
import { createPreprocessor, type Preprocessor } from './preprocessor.ts';
import type { TensorSpec } from './tensor.ts';

/**
 * @param loaded whose first input takes the picture
 * @param fit overrides what the model and its decoder say
 * @throws InputError when the input is no picture
 */
export function createModelPreprocessor(
  model: Pick<Model, 'decoder' | 'fit' | 'normalisation'>,
  { inputs }: { readonly inputs: readonly TensorSpec[] },
  fit: Fit | 'auto' = 'auto',
): Preprocessor {
  const { normalisation } = model;
  return createPreprocessor({
    input: inputs[0]!,
    fit: fitOf(model, fit),
    ...(normalisation === undefined ? {} : { normalisation }),
  });
}
