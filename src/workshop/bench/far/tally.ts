/** Bench: what was told, counted against what is there, over many frames. */
import { inferencesOf, type Region, type RegionReason } from '../../../flow/regions/region.ts';
import { type Labelled, liesOn, partners, somethingOverlap } from './matches.ts';

/** Heights in pixels of the frame: from, and below the next. */
export const heightSteps = [0, 40, 60, 90, 140, 240, Number.POSITIVE_INFINITY] as const;

export interface Share {
  found: number;
  all: number;
}

export interface Tally {
  readonly frames: number;
  readonly there: number;
  /** A told box of the same label lies on it. */
  readonly found: number;
  /** The same where one told box can stand for one thing only. */
  readonly foundOneToOne: number;
  readonly told: number;
  /** Told, and lies on nothing that is there. */
  readonly extra: number;
  /** Told a second time. */
  readonly doubled: number;
  /** Told, and does not even touch anything that is there, were it faint. */
  readonly onNothing: number;
  /** For each step of heightSteps. */
  readonly byHeight: readonly Readonly<Share>[];
  /** For each frame. */
  readonly inferences: readonly number[];
  readonly planMs: readonly number[];
  readonly reasons: Readonly<Partial<Record<RegionReason, number>>>;
}

export interface JudgedFrame {
  readonly heightPx: number;
  readonly there: readonly Labelled[];
  /** What is there, faint things and hidden ones included. */
  readonly faint: readonly Labelled[];
  /** Things that count neither as missed nor, where they are told, as extra. */
  readonly uncounted?: readonly Labelled[];
  readonly told: readonly Labelled[];
  readonly regions: readonly Region[];
  readonly planMs: number;
}

export function createTally() {
  const sums = { frames: 0, there: 0, found: 0, foundOneToOne: 0, told: 0, extra: 0, doubled: 0, onNothing: 0 };
  const byHeight = heightSteps.slice(1).map((): Share => ({ found: 0, all: 0 }));
  const inferences: number[] = [];
  const planMs: number[] = [];
  const reasons: Partial<Record<RegionReason, number>> = {};
  return {
    add: ({ heightPx, there, faint, uncounted = [], told: all, regions, planMs: ms }: JudgedFrame): void => {
      const pairs = partners(there, all);
      const told = all.filter((one) => liesOn(one, there) || !liesOn(one, uncounted));
      const found = there.map((one) => liesOn(one, all));
      const oneToOne = pairs.filter((partner) => partner !== undefined).length;
      const extra = told.filter((one) => !liesOn(one, there)).length;
      sums.frames += 1;
      sums.there += there.length;
      sums.found += found.filter(Boolean).length;
      sums.foundOneToOne += oneToOne;
      sums.told += told.length;
      sums.extra += extra;
      sums.doubled += told.length - extra - oneToOne;
      sums.onNothing += told.filter((one) => !liesOn(one, faint, somethingOverlap)).length;
      there.forEach(({ box }, at) => {
        const height = (box[3] - box[1]) * heightPx;
        const step = byHeight[heightSteps.findIndex((from) => height < from) - 1]!;
        step.all += 1;
        if (found[at]) step.found += 1;
      });
      inferences.push(inferencesOf(regions).length);
      if (regions.length > 0) planMs.push(ms);
      for (const { reason } of regions) reasons[reason] = (reasons[reason] ?? 0) + 1;
    },
    get total(): Tally {
      return { ...sums, byHeight, inferences, planMs, reasons };
    },
  };
}
