/** What a model's outputs are, told from its graph: which decoder reads them, or what the model is that goby can't read. */

import { fomoGrid } from './fomo-grid.ts';
import type { GraphWalk } from './graph-walk.ts';
import type { OutputQuestion } from './output-question.ts';
import type { OutputReading, ReadableOutputs } from './reading.ts';
import { scoreKind } from './score-kind.ts';
import { readPostProcess, readRawSsd, readSsdByShapes } from './ssd-outputs.ts';
import { whatItIs } from './what-it-is.ts';
import { readYolo } from './yolo-outputs.ts';
import { readYoloRows } from './yolo-rows.ts';

/** Each looks for one kind; undefined: it is none of it. The surest come first. */
const readers: readonly ((question: OutputQuestion) => OutputReading | undefined)[] = [
  readPostProcess,
  readYoloRows,
  readSsdByShapes,
  readBlazeface,
  readYolo,
  readFomo,
  readRawSsd,
  readClassifier,
];

export function readOutputs(question: OutputQuestion): OutputReading {
  const { decoder, task, walk } = question;
  const wanted = (reading: ReadableOutputs): boolean =>
    (decoder === undefined || reading.decoder === decoder) &&
    (task === undefined || (task === 'classify') === (reading.decoder === 'classification'));
  let refusal: string | undefined;
  for (const reader of readers) {
    const reading = reader(question);
    if (reading === undefined) continue;
    if ('refusal' in reading) refusal ??= reading.refusal;
    else if (wanted(reading)) return reading;
  }
  // A decoder that was asked for is tried on the tensors as the library gives them.
  if (decoder !== undefined) return { decoder };
  return { refusal: refusal ?? whatItIs(walk) };
}

/** Anchors by side of the input, of MediaPipe's face detectors for short and full range; see blazeface.ts of flow/interpret. */
export const blazefaceAnchors: Readonly<Record<number, number>> = { 128: 896, 192: 2304 };

/** MediaPipe's face detectors: by the names of their outputs, or by how many numbers there are for each anchor. */
function readBlazeface({ walk }: OutputQuestion): OutputReading | undefined {
  const { inputs, outputs } = walk.graph;
  const tensors = outputs.map((index) => walk.tensor(index));
  const has = (word: string): boolean => tensors.some(({ name }) => name?.includes(word) === true);
  const [, height, width] = walk.tensor(inputs[0]!).shape;
  const anchors = height === width ? blazefaceAnchors[width ?? 0] : undefined;
  // Four sides and six points of a face, and its score.
  const isShaped =
    tensors.length === 2 &&
    [1, 16].every((numbers) => tensors.some(({ shape }) => `${shape}` === `${[1, anchors, numbers]}`));
  const isNamed = (has('regressors') && has('classificators')) || has('reshaped_regressor_face');
  return isNamed || isShaped ? { decoder: 'blazeface', classes: 1 } : undefined;
}

function readFomo({ walk }: OutputQuestion): OutputReading | undefined {
  const { inputs, outputs } = walk.graph;
  const [output] = outputs;
  if (outputs.length !== 1 || scoreKind(walk, output!) !== 'softmax') return undefined;
  const grid = fomoGrid(walk.tensor(inputs[0]!).shape, walk.tensor(output!).shape);
  return grid === undefined ? undefined : { decoder: 'fomo', classes: grid.classes };
}

/** Scores [1, n] or [1, 1, 1, n]. Of several outputs one must be a softmax, or the only one of this shape. */
function readClassifier({ walk }: OutputQuestion): OutputReading | undefined {
  const { outputs } = walk.graph;
  const candidates = outputs.flatMap((index, position) => {
    const { shape } = walk.tensor(index);
    return isScores(shape) ? [{ position, classes: shape.at(-1)!, scores: scoreKind(walk, index) }] : [];
  });
  const probable = candidates.filter(({ scores }) => scores === 'softmax');
  const [found] = probable.length === 1 ? probable : candidates.length === 1 ? candidates : [];
  // Beside other outputs, numbers of no known kind may be anything.
  if (found === undefined || (found.scores === undefined && outputs.length > 1)) return undefined;
  const { position, classes, scores } = found;
  if (endsInFeatures(walk, outputs[position]!)) {
    return { refusal: `it gives features of a picture (${classes} numbers), not the scores of classes` };
  }
  const parts = partsOf(walk, outputs[position]!);
  if (parts > 1 && parts < classes) {
    return { refusal: `it gives ${classes} numbers put together of ${parts} parts, as no classifier does` };
  }
  if (classes === 1 && scores !== 'sigmoid') return { refusal: 'it gives one number, not the scores of classes' };
  const others = outputs.length - 1;
  return {
    decoder: 'classification',
    classes,
    ...(scores === undefined ? {} : { scores }),
    ...(position === 0 && others === 0 ? {} : { roles: { scores: position } }),
    ...(others === 0 ? {} : { notes: [`Of its ${outputs.length} outputs only the scores of classes are read.`] }),
  };
}

function isScores(shape: readonly number[]): boolean {
  const isRow = shape.length === 2 && shape[0] === 1;
  const isPixel = shape.length === 4 && shape.slice(0, 3).every((extent) => extent === 1);
  return (isRow || isPixel) && shape.at(-1)! >= 1;
}

const featureOperators = new Set([
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'MEAN',
  'L2_NORMALIZATION',
  'RELU',
  'RELU6',
  'HARD_SWISH',
]);

/** Points of a face or an eye, say, are joined at the very end; so are the two shares of a classifier with a single sigmoid. */
function partsOf(walk: GraphWalk, output: number): number {
  const origin = walk.originOf(output);
  return origin !== undefined && walk.nameOf(origin) === 'CONCATENATION' ? origin.inputs.length : 1;
}

/** Pooled or rectified numbers that no operator weighs behind: a backbone without its classifier. */
function endsInFeatures(walk: GraphWalk, output: number): boolean {
  const origin = walk.originOf(output);
  return origin !== undefined && featureOperators.has(walk.nameOf(origin));
}
