/** Is a model that was just loaded fit to take another's place? Its golden inference, its labels, and the photos it was validated on. */

import { InputError, isExpected } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, InferenceResult, LoadedModel } from '../../flow/infer/engine.ts';
import { goldenInputs } from '../../flow/infer/golden.ts';
import { createEstimator } from '../../flow/interpret/estimator.ts';
import { realValues } from '../../flow/interpret/real-values.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Model } from '../../models/model.ts';
import type { Validation } from '../../models/validation.ts';

export interface Candidate {
  readonly model: Model;
  readonly loaded: LoadedModel;
}

/** The share of validation photos may be lower than recorded by this, for photos that lie elsewhere in another size. */
const toleratedLoss = 0.05;
/** Photos tried at most, spread over the record: each takes one inference between those of the frames. */
const mostPhotos = 60;

/**
 * Two inferences on the golden input must give numbers, and the same ones.
 * @throws InputError when they don't, UnavailableError when the worker doesn't answer
 */
export async function checkGolden({ model, loaded }: Candidate, engine: Pick<Engine, 'infer'>): Promise<void> {
  const inputs = goldenInputs(loaded, model.pair);
  const first = finiteOutputs(await engine.infer(loaded.name, inputs), model.name);
  const second = finiteOutputs(await engine.infer(loaded.name, inputs), model.name);
  // A model with recurrent state may answer the same input differently; that is no fault.
  if (model.pair.feedback === undefined && !first.every((bytes, at) => Buffer.compare(bytes, second[at]!) === 0)) {
    throw new InputError(`The model ${model.name} answers the same input differently from one time to the next.`);
  }
}

function finiteOutputs({ outputs }: InferenceResult, name: string): Uint8Array[] {
  return outputs.map((output) => {
    const values = realValues(output);
    for (let at = 0; at < values.length; at++) {
      if (!Number.isFinite(values.at(at))) throw new InputError(`The model ${name} gives values that are no numbers.`);
    }
    return output.bytes.slice();
  });
}

/**
 * Labels that somebody waits for must not vanish.
 * @param waitedFor labels that the configuration names where this model is used
 * @throws InputError for one that the old model has and the new one hasn't
 */
export function checkLabels(model: Model, old: Model, waitedFor: readonly string[]): void {
  const lost = waitedFor.find((label) => old.labels?.includes(label) && !model.labels?.includes(label));
  if (lost === undefined) return;
  throw new InputError(
    `The model ${model.name} has no label ${JSON.stringify(lost)}, which the configuration waits for.`,
    {
      remedy: 'Train it with that class, or take the label out of the configuration first.',
    },
  );
}

/**
 * A classifier must know about as many of its validation photos as when it was trained. Photos that aren't there any more
 * are left out.
 * @throws InputError that names both shares
 */
export async function checkValidation(
  { model, loaded }: Candidate,
  { accuracy, photos }: Validation,
  engine: Pick<Engine, 'infer'>,
): Promise<void> {
  const preprocessor = createModelPreprocessor(model, loaded);
  const read = createEstimator({ model, loaded, name: 'label' });
  const step = Math.max(1, photos.length / mostPhotos);
  let seen = 0;
  let known = 0;
  for (let at = 0; at < photos.length; at += step) {
    const { file, label } = photos[Math.floor(at)]!;
    const frame = await photoFrame(file, 1).catch((error: unknown) => {
      if (isExpected(error)) return undefined;
      throw error;
    });
    if (frame === undefined) continue;
    const tensor = await preprocessor.prepare(frame);
    const [best] = read(await engine.infer(loaded.name, [tensor.bytes]));
    tensor.release();
    seen += 1;
    if (best?.value === label) known += 1;
  }
  // One photo more or less is within the tolerance.
  if (seen === 0 || known / seen >= accuracy - toleratedLoss - 1 / seen) return;
  throw new InputError(
    `The model ${model.name} knows ${known} of ${seen} of its validation photos; ${(100 * accuracy).toFixed(0)} % were recorded when it was trained.`,
    { remedy: 'Train it again, or copy the file again: it may not be the one that was validated.' },
  );
}
