/** Which crops are worth an inference, best first, and how many may be looked at in a second. Pure, but for the budget's memory. */
import type { Box } from '../../geometry/boxes.ts';

export interface CropCandidate {
  /** Event that the box belongs to. */
  readonly id: string;
  readonly box: Box;
  /** Position of the second-stage model. */
  readonly stage: number;
  /** Of this crop, 0..1: see cropQuality(). */
  readonly quality: number;
  /** How often this model has looked at this event, and the best quality it saw. */
  readonly crops: number;
  readonly bestQuality: number;
  /** What the model estimates may change while the event lasts. */
  readonly changes: boolean;
}

/** After this many looks at one event only a better crop than the best so far is worth another, unless the answer may change. */
export const settledAfter = 12;

/**
 * How much a crop can tell, 0..1: a sure detection that fills the model's input is the best.
 * @param longerPx longer side of the box in the frame
 * @param sidePx side of the model's input
 */
export function cropQuality(score: number, longerPx: number, sidePx: number): number {
  return score * Math.min(1, longerPx / sidePx);
}

/** The `count` best: a good crop comes before a bad one, and an event that was seldom looked at before one that was often. */
export function chooseCrops<Candidate extends CropCandidate>(
  candidates: readonly Candidate[],
  count: number,
): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, worth: worthOf(candidate) }))
    .filter(({ worth }) => worth > 0)
    .sort((a, b) => b.worth - a.worth)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function worthOf({ quality, crops, bestQuality, changes }: CropCandidate): number {
  if (!changes && crops >= settledAfter && quality <= bestQuality) return 0;
  return quality / (1 + crops);
}

/** At most `perSecond` in any one second. Times are performance.now() ms and never go back. */
export function createCropBudget(perSecond: number): { left(nowMs: number): number; spend(nowMs: number): void } {
  const spentMs: number[] = [];
  return {
    left: (nowMs) => {
      while (spentMs.length > 0 && nowMs - spentMs[0]! >= 1000) spentMs.shift();
      return perSecond - spentMs.length;
    },
    spend: (nowMs) => spentMs.push(nowMs),
  };
}
