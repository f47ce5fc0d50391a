/** From the raw outputs of a model to class indices, scores and boxes on the frame. */
import { InputError } from '../../errors.ts';
import { area, type Box, type Placement, toFrame } from '../../geometry/boxes.ts';
import type { Model } from '../../models/model.ts';
import type { InferenceResult, LoadedModel } from '../infer/engine.ts';
import { findBlazefaceOutputs, readBlazeface } from './blazeface.ts';
import { bestClasses } from './classification.ts';
import { realValues } from './real-values.ts';
import { findSsdOutputs, readSsd } from './ssd.ts';

export interface DecodeOptions {
  readonly model: Pick<Model, 'name' | 'decoder' | 'labels'>;
  readonly loaded: LoadedModel;
  /** Confidence threshold, 0..1. */
  readonly minScore: number;
  /** At most this many, best first. */
  readonly maxDetections: number;
}

export interface Decoded {
  readonly classIndex: number;
  /** 0..1. */
  readonly score: number;
  /** On the frame. Absent for classifications. */
  readonly box?: Box;
}

/** Takes the outputs of either file of a pair: their specs come with the result. */
export type Decode = (result: InferenceResult, placement: Placement) => Decoded[];

/** @throws InputError when the outputs or the number of labels don't fit the decoder */
export function createDecode({ model, loaded, minScore, maxDetections }: DecodeOptions): Decode {
  const onFrame = (found: readonly (Decoded & { readonly box: Box })[], placement: Placement): Decoded[] =>
    found
      .map(({ box, ...rest }) => ({ ...rest, box: toFrame(box, placement) }))
      .filter(({ box }) => area(box) > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, maxDetections);

  switch (model.decoder) {
    case 'classification': {
      checkLabelCount(model, loaded);
      return ({ outputs }) =>
        bestClasses(realValues(outputs[0]!), { count: maxDetections, minScore }).map(({ index, score }) => ({
          classIndex: index,
          score,
        }));
    }
    case 'ssd': {
      const at = findSsdOutputs(loaded);
      return ({ outputs }, placement) => onFrame(readSsd(outputs, at, minScore), placement);
    }
    case 'blazeface': {
      const at = findBlazefaceOutputs(loaded);
      return ({ outputs }, placement) =>
        onFrame(
          readBlazeface(outputs, at, minScore).map((face) => ({ classIndex: 0, ...face })),
          placement,
        );
    }
    case 'gender-age':
      throw new InputError(`The model ${model.name} looks at crops of faces only.`, {
        remedy: 'Name it under secondStage of a camera whose model finds faces.',
      });
  }
}

/** A label file of another model is the commonest mistake: every label would be off. */
export function checkLabelCount({ name, labels }: Pick<Model, 'name' | 'labels'>, { outputs }: LoadedModel): void {
  const classes = outputs[0]?.shape.at(-1) ?? 0;
  if (labels === undefined || labels.length === classes) return;
  const background = Math.abs(labels.length - classes) === 1;
  throw new InputError(
    `The model ${name} tells ${classes} classes apart, but its label file has ${labels.length} lines.`,
    {
      remedy: background
        ? 'One of them counts a background class in front: add a first line "background", or remove it.'
        : 'Use the label file that belongs to this model.',
    },
  );
}
