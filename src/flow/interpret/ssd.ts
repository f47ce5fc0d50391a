/** SSD detectors: the four outputs of TFLite_Detection_PostProcess. */
import { InputError } from '../../errors.ts';
import { rolesByShapes } from '../../models/facts/ssd-outputs.ts';
import type { Model } from '../../models/model.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { FoundBox } from './found-box.ts';
import { realValues } from './real-values.ts';

/** Positions of the four outputs among all of a model. */
export interface SsdOutputs {
  readonly boxes: number;
  readonly classes: number;
  readonly scores: number;
  readonly count: number;
}

/**
 * Finds the outputs: as the model's graph tells, else four in a row as the kernel (tensorflow/lite/kernels/detection_postprocess.cc)
 * writes them: boxes [1, n, 4], classes [1, n], scores [1, n] and the count [1], with others, such as recurrent state, before or
 * behind; else by their names and shapes, in any order.
 * @throws InputError when they aren't there
 */
export function findSsdOutputs({ name, outputs }: LoadedModel, { roles }: Pick<Model, 'roles'> = {}): SsdOutputs {
  const { boxes: told, classes, scores, count } = roles ?? {};
  if (told !== undefined && classes !== undefined && scores !== undefined && count !== undefined) {
    return { boxes: told, classes, scores, count };
  }
  const is = (position: number, ...shape: number[]) => {
    const found = outputs[position]?.shape ?? [];
    return found.length === shape.length && found.every((extent, axis) => shape[axis] === -1 || shape[axis] === extent);
  };
  for (let boxes = 0; boxes + 3 < outputs.length; boxes++) {
    if (is(boxes, 1, -1, 4) && is(boxes + 1, 1, -1) && is(boxes + 2, 1, -1) && is(boxes + 3, 1)) {
      return { boxes, classes: boxes + 1, scores: boxes + 2, count: boxes + 3 };
    }
  }
  const found = rolesByShapes(outputs.map(({ shape, name: own }) => ({ shape, names: [own] })));
  if (found !== undefined) return found as unknown as SsdOutputs;
  const shapes = outputs.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  throw new InputError(
    `The model ${name} has no outputs of TFLite_Detection_PostProcess: expected [1, n, 4], [1, n], [1, n], [1], got ${shapes}.`,
    { remedy: 'Use a detector that was exported with its post-processing, or set decoder.' },
  );
}

/** Detections with a score of at least minScore, in the model's own order; boxes as fractions of the tensor. */
export function readSsd(outputs: readonly RawOutput[], at: SsdOutputs, minScore: number): FoundBox[] {
  const boxes = realValues(outputs[at.boxes]!);
  const classes = realValues(outputs[at.classes]!);
  const scores = realValues(outputs[at.scores]!);
  const told = realValues(outputs[at.count]!).at(0);
  const count = Math.min(scores.length, Number.isFinite(told) ? Math.max(0, Math.round(told)) : 0);
  const found: FoundBox[] = [];
  for (let index = 0; index < count; index++) {
    const score = scores.at(index);
    const [y1, x1, y2, x2] = [0, 1, 2, 3].map((side) => boxes.at(4 * index + side)) as [number, number, number, number];
    if (!(score >= minScore) || ![x1, y1, x2, y2].every(Number.isFinite) || x2 <= x1 || y2 <= y1) continue;
    found.push({ classIndex: Math.round(classes.at(index)), score: Math.min(1, score), box: [x1, y1, x2, y2] });
  }
  return found;
}
