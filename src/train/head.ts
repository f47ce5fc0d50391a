/** A head: one dense layer from normalised features to classes, and what it says. */
import type { FeatureSet } from './feature-set.ts';

export interface Head {
  readonly size: number;
  readonly classes: number;
  /** Row-major [classes, size]: for features of length 1. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Logits of one row, written into `into`. */
export function logits({ size, classes, weights, bias }: Head, row: Float32Array, into: Float64Array): void {
  for (let label = 0; label < classes; label++) {
    const from = label * size;
    // Two sums wait less for each other than one does for itself.
    let even = bias[label]!;
    let odd = 0;
    let at = 0;
    for (; at + 1 < size; at += 2) {
      even += weights[from + at]! * row[at]!;
      odd += weights[from + at + 1]! * row[at + 1]!;
    }
    if (at < size) even += weights[from + at]! * row[at]!;
    into[label] = even + odd;
  }
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
export function crossEntropy(head: Head, set: FeatureSet, classWeights: readonly number[]): number {
  let sum = 0;
  let weights = 0;
  for (const [at, probabilities] of predict(head, set.rows).entries()) {
    const label = set.labels[at]!;
    sum -= classWeights[label]! * Math.log(Math.max(1e-12, probabilities[label]!));
    weights += classWeights[label]!;
  }
  return weights === 0 ? 0 : sum / weights;
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
