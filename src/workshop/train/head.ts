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

/** Cross entropy of every row, weighted by class: their mean is that of the set. */
export function losses(head: Head, { rows, labels }: FeatureSet, classWeights: readonly number[]): number[] {
  const all = labels.reduce((sum, label) => sum + classWeights[label]!, 0) / labels.length;
  return predict(head, rows).map((probabilities, at) => {
    const label = labels[at]!;
    return (-classWeights[label]! * Math.log(Math.max(1e-12, probabilities[label]!))) / all;
  });
}

/** Mean cross entropy, weighted by class; 0 for no rows. */
export function crossEntropy(head: Head, set: FeatureSet, classWeights: readonly number[]): number {
  return losses(head, set, classWeights).reduce((sum, loss) => sum + loss / set.rows.length, 0);
}

/** Least and greatest logit over the rows: what the quantized layer must be able to say. */
export function logitRange(head: Head, rows: readonly Float32Array[]): { readonly low: number; readonly high: number } {
  const values = new Float64Array(head.classes);
  let low = 0;
  let high = 0;
  for (const row of rows) {
    logits(head, row, values);
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return { low, high };
}
