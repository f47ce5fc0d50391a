/** The face model of @vladmandic/human (HSE-FaceRes): gender as one sigmoid, age as a softmax over years. */
import { InputError } from '../../errors.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { Estimate } from './detection.ts';
import { realValues } from './real-values.ts';

/** Positions of the outputs among all of a model. */
export interface GenderAgeOutputs {
  readonly gender: number;
  readonly age: number;
}

/** @throws InputError when the outputs aren't there */
export function findGenderAgeOutputs({ name, outputs }: LoadedModel): GenderAgeOutputs {
  const position = (last: number) => outputs.findIndex(({ shape }) => shape.at(-1) === last);
  const found = { gender: position(1), age: position(100) };
  if (found.gender >= 0 && found.age >= 0) return found;
  throw new InputError(
    `The model ${name} is no gender and age model: expected outputs [1, 1] and [1, 100], found ${outputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ')}.`,
    { remedy: 'Use a model of the catalog, or one that was made as a classifier.' },
  );
}

/**
 * Gender with the probability of what is told: below 0.5 is female (src/face/faceres.ts of @vladmandic/human). Age as the
 * expected value of the softmax, which is steadier than its peak (Rothe, Timofte, Van Gool: DEX, 2015).
 */
export function readGenderAge(
  outputs: readonly RawOutput[],
  at: GenderAgeOutputs,
): Pick<Estimate, 'name' | 'value' | 'score'>[] {
  const male = realValues(outputs[at.gender]!).at(0);
  const shares = realValues(outputs[at.age]!);
  let total = 0;
  let sum = 0;
  for (let year = 0; year < shares.length; year++) {
    total += shares.at(year);
    sum += year * shares.at(year);
  }
  const age = sum / total;
  return [
    ...(male >= 0 && male <= 1
      ? [{ name: 'gender', value: male <= 0.5 ? 'female' : 'male', score: Math.max(male, 1 - male) }]
      : []),
    ...(Number.isFinite(age) ? [{ name: 'age', value: age }] : []),
  ];
}
