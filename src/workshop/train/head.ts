/** A head: one dense layer from normalised features to classes, and what it says. */
import { dot, type FeatureSet } from './feature-set.ts';

export interface Head {
  readonly size: number;
  readonly classes: number;
  /** Row-major [classes, size]: for features of length 1. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Logits of one row, written into `into`. */
export function logits({ size, classes, weights, bias }: Head, row: Float32Array, into: Float64Array): void {
  for (let label = 0; label < classes; label++) into[label] = bias[label]! + dot(row, weights, label * size);
}

/** Softmax in place. */
export function softmax(values: Float64Array): void {
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let total = 0;
  for (let at = 0; at < values.length; at++) {
    values[at] = Math.exp(values[at]! - top);
    total += values[at]!;
  }
  for (let at = 0; at < values.length; at++) values[at] = values[at]! / total;
}

/** Probabilities of every row. */
export function predict(head: Head, rows: readonly Float32Array[]): Float64Array[] {
  return rows.map((row) => {
    const values = new Float64Array(head.classes);
    logits(head, row, values);
    softmax(values);
    return values;
  });
}

/** Mean cross entropy, weighted by class; 0 for no rows. */
export function crossEntropy(head: Head, { rows, labels }: FeatureSet, classWeights: readonly number[]): number {
  const all = labels.reduce((sum, label) => sum + classWeights[label]!, 0);
  return predict(head, rows).reduce((sum, probabilities, at) => {
    const label = labels[at]!;
    return sum - (classWeights[label]! * Math.log(Math.max(1e-12, probabilities[label]!))) / all;
  }, 0);
}
