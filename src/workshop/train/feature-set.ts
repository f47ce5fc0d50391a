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

/**
 * The row of a photo: every part of its features brought to one length, so that none outweighs the others, and all of it to 1.
 * @param sizes features of each part, in order
 */
export function featureRow(features: Float32Array, sizes: readonly number[]): Float32Array {
  const row = new Float32Array(features.length);
  let from = 0;
  for (const size of sizes) {
    row.set(normalised(features.subarray(from, from + size)), from);
    from += size;
  }
  return normalised(row);
}

/** The sum of products of a row and as many values from a place on. */
export function dot(row: Float32Array, values: Float32Array, from: number): number {
  // Two sums wait less for each other than one does for itself.
  let even = 0;
  let odd = 0;
  let at = 0;
  for (; at + 1 < row.length; at += 2) {
    even += values[from + at]! * row[at]!;
    odd += values[from + at + 1]! * row[at + 1]!;
  }
  return at < row.length ? even + odd + values[from + at]! * row[at]! : even + odd;
}
