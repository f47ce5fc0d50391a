/** When a quantized model is too far from float to be handed on. */
import { InputError } from '../../../errors.ts';
import type { OutputAgreement } from './output-agreement.ts';

/** Far from what sound conversions give (their figures are in docs/training.md), and short of what broken ones do. */
const limits = {
  /** Share of photos on which 8 bits are clearly of another opinion than float. */
  clearlyOther: 0.2,
  /** Mean distance of the probabilities of the first answers, and of scores that matter. */
  probabilityError: 0.1,
  /** Of outputs that are neither: as a share of how much they vary. */
  noise: 1 / 3,
  cosine: 0.95,
} as const;

/** What is wrong with each output, as the middle of a sentence; empty when all agree. */
export function disagreements(outputs: readonly OutputAgreement[]): string[] {
  return outputs.flatMap(({ output, kind, clearlyOther = 0, probabilityError = 0, noise, cosine }) => {
    const found: string[] = [];
    if (kind === 'numbers' && !(cosine >= limits.cosine)) found.push(`a cosine of ${cosine.toFixed(3)}`);
    if (kind === 'numbers' && !(noise <= limits.noise)) found.push(`errors of ${percent(noise)} of its spread`);
    if (!(clearlyOther <= limits.clearlyOther)) found.push(`another first answer on ${percent(clearlyOther)}`);
    if (!(probabilityError <= limits.probabilityError)) {
      found.push(`probabilities that are off by ${probabilityError.toFixed(3)} on average`);
    }
    return found.length === 0 ? [] : [`${output} has ${found.join(' and ')}`];
  });
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** @throws InputError when an output has so little in common with float that the model can't be trusted */
export function checkAgreement(outputs: readonly OutputAgreement[]): void {
  const found = disagreements(outputs);
  if (found.length === 0) return;
  throw new InputError(`The 8-bit model strays from the float one: ${found.join('; ')}.`, {
    remedy: 'Calibrate with photos like those it will see (--calibration-images), or convert in float.',
  });
}
