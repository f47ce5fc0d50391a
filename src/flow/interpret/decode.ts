/** From the raw outputs of a model to class indices, scores and boxes on the frame. */
import { InputError } from '../../errors.ts';
import { area, type Box, type Placement, toFrame } from '../../geometry/boxes.ts';
import type { Model } from '../../models/model.ts';
import type { InferenceResult, LoadedModel } from '../infer/engine.ts';
import { findBlazefaceOutputs, readBlazeface } from './blazeface.ts';
import { bestClasses, classProbabilities } from './classification.ts';
import { findFomoGrid, readFomo } from './fomo.ts';
import type { FoundBox } from './found-box.ts';
import { findSsdOutputs, readSsd } from './ssd.ts';
import { findRawSsdOutputs, readRawSsd } from './ssd-raw.ts';
import { findYoloOutputs, readYolo } from './yolo.ts';
import { createSortedYoloReader, findSortedYolo } from './yolo-sorted.ts';

export interface DecodeOptions {
  readonly model: Pick<Model, 'name' | 'decoder' | 'labels' | 'scores' | 'roles'>;
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
  const onFrame = (found: readonly FoundBox[], placement: Placement): Decoded[] =>
    found
      .map(({ box, ...rest }) => ({ ...rest, box: toFrame(box, placement) }))
      .filter(({ box }) => area(box) > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, maxDetections);

  switch (model.decoder) {
    case 'classification': {
      checkClassifier(model, loaded);
      return ({ outputs }) =>
        bestClasses(classProbabilities(outputs, model), { count: maxDetections, minScore }).map(({ index, score }) => ({
          classIndex: index,
          score,
        }));
    }
    case 'ssd': {
      const at = findSsdOutputs(loaded, model);
      return ({ outputs }, placement) => onFrame(readSsd(outputs, at, minScore), placement);
    }
    case 'ssd-raw': {
      const at = findRawSsdOutputs(loaded, model);
      return ({ outputs }, placement) => onFrame(readRawSsd(outputs, at, minScore), placement);
    }
    case 'yolo': {
      const sorted = findSortedYolo(loaded, model);
      if (sorted !== undefined) {
        const read = createSortedYoloReader(sorted);
        return ({ outputs }, placement) => onFrame(read(outputs, minScore), placement);
      }
      const at = findYoloOutputs(loaded);
      return ({ outputs }, placement) => onFrame(readYolo(outputs, at, minScore), placement);
    }
    case 'fomo': {
      const grid = findFomoGrid(loaded);
      return ({ outputs }, placement) => onFrame(readFomo(outputs, grid, minScore), placement);
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

/**
 * A list of labels of another model is the commonest mistake: every label would be off.
 * @throws InputError for that, and for outputs that are no scores of classes
 */
export function checkClassifier(
  { name, labels, roles }: Pick<Model, 'name' | 'labels' | 'roles'>,
  { outputs }: LoadedModel,
): void {
  const shape = outputs[roles?.['scores'] ?? 0]?.shape ?? [];
  const classes = shape.at(-1) ?? 0;
  // Some give a bare row.
  if (shape.length === 0 || shape.slice(0, -1).some((extent) => extent !== 1)) {
    throw new InputError(`The model ${name} gives [${shape.join(', ')}], which is no score for each of its classes.`, {
      remedy: 'A classifier gives [1, classes] or [1, 1, 1, classes].',
    });
  }
  if (labels === undefined || labels.length === classes || (classes === 1 && labels.length === 2)) return;
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
