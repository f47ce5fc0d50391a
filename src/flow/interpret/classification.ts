/** Classification: what a model gives for its classes, as probabilities, and the best of them. */
import type { Model, ScoreKind } from '../../models/model.ts';
import type { RawOutput } from '../infer/engine.ts';
import { realValues } from './real-values.ts';

export interface ClassScore {
  readonly index: number;
  readonly score: number;
}

/** A sum of probabilities may be off by this much: 1001 classes, each rounded to 1/256 at the most. */
const probabilitySlack = 0.6;

/** Probabilities of all classes. One sigmoid that two labels share stands for the second of them: so Keras has it. */
export function classProbabilities(
  outputs: readonly RawOutput[],
  { scores: kind, roles, labels }: Pick<Model, 'scores' | 'roles' | 'labels'>,
): Float64Array {
  const values = realValues(outputs[roles?.['scores'] ?? 0]!);
  const scores = Float64Array.from({ length: values.length }, (_, index) => values.at(index));
  if (scores.length === 1 && labels?.length === 2) return Float64Array.of(1 - scores[0]!, scores[0]!);
  return probabilities(scores, kind);
}

/** The best `count` classes with a score of at least `minScore`, best first. Scores that are no numbers are left out. */
export function bestClasses(
  scores: Float64Array,
  { count, minScore }: { count: number; minScore: number },
): ClassScore[] {
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

/** @param kind undefined: values that look like probabilities stay, others go through softmax */
function probabilities(scores: Float64Array, kind: ScoreKind | undefined): Float64Array {
  switch (kind) {
    case 'softmax':
    case 'sigmoid':
      return scores;
    case 'log-softmax':
      return scores.map(Math.exp);
    case 'logits':
      return softmax(scores);
    case undefined:
      return lookLikeProbabilities(scores) ? scores : softmax(scores);
  }
}

function lookLikeProbabilities(scores: Float64Array): boolean {
  const finite = scores.filter(Number.isFinite);
  const sum = finite.reduce((total, value) => total + value, 0);
  return finite.every((value) => value >= 0 && value <= 1.0001) && Math.abs(sum - 1) <= probabilitySlack;
}

function softmax(scores: Float64Array): Float64Array {
  const top = scores.filter(Number.isFinite).reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = scores.map((value) => Math.exp(value - top));
  const total = powers.filter(Number.isFinite).reduce((all, value) => all + value, 0);
  return powers.map((power) => power / total);
}
