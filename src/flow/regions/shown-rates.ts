/**
 * How often looks show what is there, learnt for each label by the share of the region that it takes. The curve of detectability.ts is
 * that of persons in photos; a model finds cars where they are half as large, and persons in one street better than in another.
 */
import { detectability, tableShares, tabulated } from '../../geometry/detectability.ts';
import type { PastLook } from './chance-in.ts';

/** Looks at what was known, and those that showed it, for steps of the share; fading. */
export interface ShownRates {
  readonly looks: Float64Array;
  readonly shown: Float64Array;
}

/** The smallest share that counts, and from one step to the next. */
const firstShare = 0.05;
const shareStep = 1.3;
const steps = 13;
/** What is expected of any label counts as much as so many looks. */
const prior = 12;
/** However seldom looks showed it, no less than this share of what is expected of any label: what isn't looked at is told for ever. */
const leastOfExpected = 0.6;
/** A look counts half after so many others of its step. */
const memory = 500;
const fade = 0.5 ** (1 / memory);

export function noRates(): ShownRates {
  return { looks: new Float64Array(steps), shown: new Float64Array(steps) };
}

function stepOf(logShare: number): number {
  const step = Math.round((logShare - Math.log(firstShare)) / Math.log(shareStep));
  return Math.min(steps - 1, Math.max(0, step));
}

const tableSteps = Uint8Array.from(tableShares, (share) => (share <= 0 ? 0 : stepOf(Math.log(share))));
const tableExpected = Float32Array.from(tableShares, detectability);

/** How likely a look shows what takes a share of its region, as far as is known now. It is asked thousands of times a frame: a table. */
export function shownRates({ looks, shown }: ShownRates): (share: number) => number {
  const table = new Float32Array(tableShares.length);
  for (let at = 0; at < table.length; at++) {
    const expected = tableExpected[at]!;
    const step = tableSteps[at]!;
    table[at] = Math.max(leastOfExpected * expected, (prior * expected + shown[step]!) / (prior + looks[step]!));
  }
  return tabulated(table);
}

/**
 * Takes in the looks of one frame at one object that the frame before had shown: what nobody saw then may be gone. Changes the rates.
 * @param views newest first
 * @param atMs time of the frame
 */
export function learnRates({ looks, shown }: ShownRates, views: readonly PastLook[], atMs: number): void {
  const first = views.findIndex((view) => view.atMs !== atMs);
  if (first <= 0) return;
  const before = views.filter((view) => view.atMs === views[first]!.atMs);
  if (!before.some((view) => view.shown)) return;
  for (const view of views.slice(0, first)) {
    const step = stepOf(view.logShare);
    looks[step] = looks[step]! * fade + 1;
    shown[step] = shown[step]! * fade + (view.shown ? 1 : 0);
  }
}
