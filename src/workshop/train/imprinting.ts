/**
 * Weight imprinting (Qi, Brown, Lowe: Low-Shot Learning with Imprinted Weights, CVPR 2018): the weights of a class are the
 * normalised mean of its normalised features. No iterations, so it takes no time beside embedding.
 */
import { type FeatureSet, normalised } from './feature-set.ts';
import { crossEntropy, type Head } from './head.ts';
import { classWeights } from './softmax-regression.ts';

/** Factors between cosines and logits that are tried. */
const sharpnesses = [5, 10, 20, 40, 80];

/** @param judged rows that choose how sure the head is; it decides alike for any of them */
export function imprint(
  training: FeatureSet,
  judged: FeatureSet,
  classes: number,
): { readonly head: Head; readonly sharpness: number } {
  const importance = classWeights(training.labels, classes);
  const means = classMeans(training, classes);
  const heads = sharpnesses.map((sharpness) => ({ sharpness, head: pointingTo(means, training.size, sharpness) }));
  const by = ({ head }: { head: Head }): number =>
    crossEntropy(head, judged.rows.length > 0 ? judged : training, importance);
  return heads.reduce((best, one) => (by(one) < by(best) ? one : best));
}

/** @param sharpness factor between cosines and logits */
export function imprintAs(training: FeatureSet, classes: number, sharpness: number): Head {
  return pointingTo(classMeans(training, classes), training.size, sharpness);
}

function pointingTo(means: readonly Float32Array[], size: number, sharpness: number): Head {
  const classes = means.length;
  const weights = new Float32Array(classes * size);
  for (const [label, mean] of means.entries()) {
    for (let at = 0; at < size; at++) weights[label * size + at] = mean[at]! * sharpness;
  }
  return { size, classes, weights, bias: new Float32Array(classes) };
}

function classMeans({ size, rows, labels }: FeatureSet, classes: number): Float32Array[] {
  const sums = Array.from({ length: classes }, () => new Float32Array(size));
  for (const [at, row] of rows.entries()) {
    const sum = sums[labels[at]!]!;
    for (let place = 0; place < size; place++) sum[place]! += row[place]!;
  }
  return sums.map(normalised);
}
