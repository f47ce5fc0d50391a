/** Bench: why something that exhaustive tiling finds isn't told, and how surely the tiling finds it itself. Pure functions. */

import type { LookResult } from '../../../flow/merge/look-result.ts';
import { wasLookedAt } from '../../../flow/track/looked-at.ts';
import { intersectionOverUnion } from '../../../geometry/boxes.ts';
import { shareWithin } from '../../../geometry/same-object.ts';
import { foundOverlap, type Labelled, liesOn, somethingOverlap } from './matches.ts';
import type { Share } from './tally.ts';

/** What became of it, the first that holds: by the looks of the same frame. */
export const losses = [
  'no look held it closely enough',
  'no look showed it',
  'shown below the minimum score',
  'shown badly placed',
  'shown, and not told',
] as const;
export type Loss = (typeof losses)[number];

/** A tile holds what lies in its region by this share. */
const heldShare = 0.9;
/** Shares of the tiles that hold a thing: those that show it are up to the first of all, up to the second, or more. */
export const supportSteps = [0.25, 0.5, 1] as const;

export interface Losses {
  /** For each of `losses`, boxes that were not found. */
  readonly byLoss: Readonly<Record<Loss, number>>;
  /** For each of `supportSteps`. */
  readonly bySupport: readonly Readonly<Share>[];
}

export interface LossFrame {
  /** What exhaustive tiling finds, and its looks. */
  readonly there: readonly Labelled[];
  readonly tiles: readonly LookResult[];
  readonly told: readonly Labelled[];
  readonly looks: readonly LookResult[];
  /** The minimum score, 0..1. */
  readonly minScore: number;
}

export function createLosses() {
  const byLoss = Object.fromEntries(losses.map((loss) => [loss, 0])) as Record<Loss, number>;
  const bySupport = supportSteps.map((): Share => ({ found: 0, all: 0 }));
  return {
    add: ({ there, tiles, told, looks, minScore }: LossFrame): void => {
      for (const one of there) {
        const isFound = liesOn(one, told);
        if (!isFound) byLoss[lossOf(one, looks, minScore)] += 1;
        const support = supportOf(one, tiles, minScore);
        if (support === undefined) continue;
        const step = bySupport[supportSteps.findIndex((most) => support <= most)]!;
        step.all += 1;
        if (isFound) step.found += 1;
      }
    },
    get total(): Losses {
      return { byLoss, bySupport };
    },
  };
}

/** Why something isn't told. */
export function lossOf(one: Labelled, looks: readonly LookResult[], minScore: number): Loss {
  const holding = looks.filter(({ area, half }) => wasLookedAt(one.box, [{ box: area, half }]));
  if (holding.length === 0) return 'no look held it closely enough';
  const near = holding.flatMap(({ detections }) =>
    detections.flatMap(({ label, score, box }) => {
      const overlap = box === undefined || label !== one.label ? 0 : intersectionOverUnion(box, one.box);
      return overlap >= somethingOverlap ? [{ score, overlap }] : [];
    }),
  );
  const on = near.filter(({ overlap }) => overlap >= foundOverlap);
  if (on.some(({ score }) => score >= minScore)) return 'shown, and not told';
  if (on.length > 0) return 'shown below the minimum score';
  return near.some(({ score }) => score >= minScore) ? 'shown badly placed' : 'no look showed it';
}

/** Of the tiles that hold it the share that shows it; undefined: none holds it, only pieces were found. */
export function supportOf(one: Labelled, tiles: readonly LookResult[], minScore: number): number | undefined {
  const holding = tiles.filter(({ area }) => shareWithin(one.box, area) >= heldShare);
  const showing = holding.filter(({ detections }) =>
    detections.some(
      ({ label, score, box }) =>
        box !== undefined &&
        label === one.label &&
        score >= minScore &&
        intersectionOverUnion(box, one.box) >= foundOverlap,
    ),
  );
  return holding.length === 0 ? undefined : showing.length / holding.length;
}
