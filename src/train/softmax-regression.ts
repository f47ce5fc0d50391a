/** Softmax regression by mini-batches: momentum, weight decay, class weights, early stop; the same seed gives the same head. */
import type { FeatureSet } from './feature-set.ts';
import { crossEntropy, type Head, logits, softmax } from './head.ts';

export interface RegressionOptions {
  readonly classes: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly steps: number;
  /** Steps between two looks at the validation set. */
  readonly evalInterval: number;
  /** Rows of the validation set to look at; -1: all. */
  readonly validationBatchSize: number;
  readonly weightDecay: number;
}

export interface Curve {
  readonly step: number;
  readonly trainingLoss: number;
  readonly validationLoss: number;
}

export interface TrainedHead {
  readonly head: Head;
  readonly weightDecay: number;
  /** Cross entropy on the validation set; on the training set where there is no validation set. */
  readonly loss: number;
  readonly steps: number;
  readonly curve: readonly Curve[];
}

const momentum = 0.9;
/** Looks at the validation set without a better one before it stops. */
const patience = 12;
/**
 * Centred features are brought to this mean squared length, so that a learning rate of 0.01 is a good one whatever the base:
 * the loss's curvature is at most a quarter of it, and momentum 0.9 is stable below 2 * 1.9 / curvature.
 */
const squaredLength = 256;

/** Within this range heads differ by some tenths of a point, whichever the base; less decay fits to single photos. */
export const weightDecays = [1e-2, 3e-2, 1e-1] as const;

/** Trains once for each weight decay and keeps the head that the validation set likes best. */
export function trainHead(
  training: FeatureSet,
  validation: FeatureSet,
  options: Omit<RegressionOptions, 'weightDecay'>,
): TrainedHead {
  const tried = weightDecays.map((weightDecay) => trainOnce(training, validation, { ...options, weightDecay }));
  return tried.reduce((best, one) => (one.loss < best.loss ? one : best));
}

export function trainOnce(training: FeatureSet, validation: FeatureSet, options: RegressionOptions): TrainedHead {
  const { classes, learningRate, batchSize, steps, evalInterval, weightDecay } = options;
  const { size } = training;
  const { rows, fold } = conditioned(training);
  const weights = new Float32Array(classes * size);
  const bias = new Float32Array(classes);
  const speed = new Float32Array(classes * size);
  const biasSpeed = new Float32Array(classes);
  const gradient = new Float32Array(classes * size);
  const biasGradient = new Float32Array(classes);
  const importance = classWeights(training.labels, classes);
  const judged = validation.rows.length > 0 ? firstRows(validation, options.validationBatchSize) : training;
  const shown = { size, classes, weights, bias };
  const values = new Float64Array(classes);
  const order = shuffler(rows.length);
  const batch = Math.min(batchSize, rows.length);
  const curve: Curve[] = [];
  let best = { head: fold(shown), loss: crossEntropy(fold(shown), judged, importance), step: 0 };
  let stale = 0;
  let batchLoss = 0;
  for (let step = 1; step <= steps; step++) {
    gradient.fill(0);
    biasGradient.fill(0);
    let total = 0;
    batchLoss = 0;
    for (let count = 0; count < batch; count++) {
      const at = order();
      const row = rows[at]!;
      const label = training.labels[at]!;
      logits(shown, row, values);
      softmax(values);
      batchLoss -= importance[label]! * Math.log(Math.max(1e-12, values[label]!));
      total += importance[label]!;
      for (let other = 0; other < classes; other++) {
        const slope = importance[label]! * (values[other]! - (other === label ? 1 : 0));
        biasGradient[other]! += slope;
        // The gradients of all classes add up to nothing: the last one need not be summed over the rows.
        if (other === classes - 1) continue;
        addScaled(gradient, other * size, row, slope);
      }
    }
    const last = (classes - 1) * size;
    for (let at = 0; at < last; at++) gradient[last + (at % size)]! -= gradient[at]!;
    for (let at = 0; at < weights.length; at++) {
      speed[at] = momentum * speed[at]! - learningRate * (gradient[at]! / total + weightDecay * weights[at]!);
      weights[at]! += speed[at]!;
    }
    for (let at = 0; at < classes; at++) {
      biasSpeed[at] = momentum * biasSpeed[at]! - (learningRate * biasGradient[at]!) / total;
      bias[at]! += biasSpeed[at]!;
    }
    if (step % evalInterval !== 0 && step !== steps) continue;
    const head = fold(shown);
    const loss = crossEntropy(head, judged, importance);
    curve.push({ step, trainingLoss: batchLoss / total, validationLoss: loss });
    if (loss < best.loss) {
      best = { head, loss, step };
      stale = 0;
    } else if (++stale >= patience) break;
  }
  return { head: best.head, weightDecay, loss: best.loss, steps: best.step, curve };
}

/** A function of its own, which is compiled well the sooner. */
function addScaled(into: Float32Array, from: number, row: Float32Array, factor: number): void {
  for (let place = 0; place < row.length; place++) into[from + place]! += factor * row[place]!;
}

/** Rare classes count more: the weights are inverse to the counts, 1 on average over the rows. */
export function classWeights(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : labels.length / (present * count)));
}

/** Features centred and scaled for training, and the way back to a head for plain ones. */
function conditioned({ size, rows }: FeatureSet): { rows: Float32Array[]; fold: (head: Head) => Head } {
  const mean = new Float32Array(size);
  for (const row of rows) for (let at = 0; at < size; at++) mean[at]! += row[at]! / rows.length;
  let squares = 0;
  for (const row of rows) for (let at = 0; at < size; at++) squares += (row[at]! - mean[at]!) ** 2;
  const scale = Math.sqrt(squaredLength / (squares / rows.length || 1));
  return {
    rows: rows.map((row) => row.map((value, at) => (value - mean[at]!) * scale)),
    fold: ({ classes, weights, bias }) => ({
      size,
      classes,
      weights: weights.map((weight) => weight * scale),
      bias: bias.map((value, label) => {
        let sum = value;
        for (let at = 0; at < size; at++) sum -= weights[label * size + at]! * scale * mean[at]!;
        return sum;
      }),
    }),
  };
}

function firstRows(set: FeatureSet, count: number): FeatureSet {
  return count < 0 ? set : { ...set, rows: set.rows.slice(0, count), labels: set.labels.slice(0, count) };
}

/** Every row once in a random order, then again in another; the same at every run. */
function shuffler(count: number): () => number {
  const random = mulberry32(20_261_125);
  const order = Array.from({ length: count }, (_, at) => at);
  let next = count;
  return () => {
    if (next === count) {
      for (let at = count - 1; at > 0; at--) {
        const other = Math.floor(random() * (at + 1));
        [order[at], order[other]] = [order[other]!, order[at]!];
      }
      next = 0;
    }
    return order[next++]!;
  };
}

/** Tommy Ettinger's 32-bit generator, public domain: 0..1. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
