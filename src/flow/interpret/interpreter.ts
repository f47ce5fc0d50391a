/** From the raw outputs of a model to detections with labels and boxes on the frame. */
import type { Placement } from '../../geometry/boxes.ts';
import type { Model } from '../../models/model.ts';
import type { InferenceResult } from '../infer/engine.ts';
import { createDecode, type DecodeOptions } from './decode.ts';
import type { Detection } from './detection.ts';

export type InterpreterOptions = DecodeOptions;

export type Interpreter = (result: InferenceResult, placement: Placement) => Detection[];

/** @throws InputError when the outputs or the number of labels don't fit the decoder */
export function createInterpreter(options: InterpreterOptions): Interpreter {
  const decode = createDecode(options);
  const { model } = options;
  return (result, placement) =>
    decode(result, placement).map(({ classIndex, ...rest }) => ({ label: labelOf(model, classIndex), ...rest }));
}

/** The label of a class: of BlazeFace's only class, `face` where no label says otherwise. */
export function labelOf({ decoder, labels }: Pick<Model, 'decoder' | 'labels'>, classIndex: number): string {
  return labels?.[classIndex] ?? (decoder === 'blazeface' ? 'face' : `class ${classIndex}`);
}
