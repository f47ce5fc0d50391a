/** Estimates of many crops become one: votes over the life of a track. Pure functions. */
import type { Estimate } from '../interpret/detection.ts';

/** What was said of one name so far. */
interface Tally {
  /** Weight of each label that was ever said, times its score. */
  readonly labels: ReadonlyMap<string, number>;
  /** Sum of weighted numbers. */
  readonly numbers: number;
  /** Sum of all weights. */
  readonly weight: number;
  readonly crops: number;
  /** When the last vote came, performance.now() ms. */
  readonly atMs: number;
  /** The newest vote: names the model. */
  readonly last: Estimate;
}

/** The votes on one track, by the name of the estimate. Start with noVotes. */
export type EstimateVotes = ReadonlyMap<string, Tally>;

export const noVotes: EstimateVotes = new Map();

export interface Vote {
  /** What the model said of one crop. */
  readonly estimates: readonly Estimate[];
  /** How good the crop is, 0..1; a bad one counts little, one of 0 not at all. */
  readonly quality: number;
  /** performance.now() ms. */
  readonly atMs: number;
  /** Older votes count half after this long, for what changes, such as emotion; absent: all count alike. */
  readonly halfLifeMs?: number | undefined;
}

/** Adds one crop. Numbers that aren't finite, and a change from labels to numbers, are left out. */
export function castVote(votes: EstimateVotes, { estimates, quality, atMs, halfLifeMs }: Vote): EstimateVotes {
  if (!(quality > 0)) return votes;
  const next = new Map(votes);
  for (const estimate of estimates) {
    const { name, value, score = 1 } = estimate;
    if (!(score >= 0 && score <= 1) || (typeof value === 'number' && !Number.isFinite(value))) continue;
    const before = next.get(name);
    if (before !== undefined && typeof before.last.value !== typeof value) continue;
    const kept = before === undefined ? 0 : remaining(atMs - before.atMs, halfLifeMs);
    const labels = new Map([...(before?.labels ?? [])].map(([label, weight]) => [label, weight * kept]));
    if (typeof value === 'string') labels.set(value, (labels.get(value) ?? 0) + quality * score);
    next.set(name, {
      labels,
      numbers: (before?.numbers ?? 0) * kept + (typeof value === 'number' ? quality * value : 0),
      weight: (before?.weight ?? 0) * kept + quality,
      crops: (before?.crops ?? 0) + 1,
      atMs: Math.max(atMs, before?.atMs ?? atMs),
      last: estimate,
    });
  }
  return next;
}

/**
 * What the votes say: the label with the most, and the weighted mean of numbers. The score of a label is its mean over all crops,
 * so that crops which said something else count against it.
 * @param minScore labels with a lower score aren't told
 */
export function votedEstimates(votes: EstimateVotes, minScore: number): Estimate[] {
  return [...votes.values()].flatMap(({ labels, numbers, weight, crops, last }): Estimate[] => {
    const { name, model, modelSha256 } = last;
    if (!(weight > 0)) return [];
    if (typeof last.value === 'number') return [{ name, value: numbers / weight, model, modelSha256, crops }];
    const [value, votes] = [...labels].reduce((most, one) => (one[1] > most[1] ? one : most));
    const score = votes / weight;
    return score >= minScore ? [{ name, value, score, model, modelSha256, crops }] : [];
  });
}

/** Share of a vote's weight that is left after a time. */
function remaining(passedMs: number, halfLifeMs: number | undefined): number {
  return halfLifeMs === undefined ? 1 : 2 ** (-Math.max(0, passedMs) / halfLifeMs);
}
