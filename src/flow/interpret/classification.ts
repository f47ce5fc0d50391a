/** Classification: scores per class to the best labels. */
import type { RealValues } from './real-values.ts';

export interface ClassScore {
  readonly index: number;
  readonly score: number;
}

/** A sum of probabilities may be off by this much: 1001 classes, each rounded to 1/256 at the most. */
const probabilitySlack = 0.6;

/** The best `count` classes with a score of at least `minScore`, best first. Values that aren't finite are left out. */
export function bestClasses(
  values: RealValues,
  { count, minScore }: { count: number; minScore: number },
): ClassScore[] {
  const scores = probabilities(values);
  const best: ClassScore[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (!(score >= minScore) || (best.length === count && score <= best.at(-1)!.score)) continue;
    const at = best.findIndex((other) => other.score < score);
    best.splice(at < 0 ? best.length : at, 0, { index, score });
    if (best.length > count) best.pop();
  }
  return best;
}

/** Values that already are probabilities stay; logits go through softmax. */
function probabilities(values: RealValues): Float64Array {
  const scores = Float64Array.from({ length: values.length }, (_, index) => values.at(index));
  const finite = scores.filter(Number.isFinite);
  const sum = finite.reduce((total, value) => total + value, 0);
  const areProbabilities =
    finite.every((value) => value >= 0 && value <= 1.0001) && Math.abs(sum - 1) <= probabilitySlack;
  if (areProbabilities) return scores;
  const top = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = scores.map((value) => Math.exp(value - top));
  const total = powers.filter(Number.isFinite).reduce((all, value) => all + value, 0);
  return powers.map((power) => power / total);
}
