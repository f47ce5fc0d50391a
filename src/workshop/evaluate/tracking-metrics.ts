/** How well a tracker keeps identities: MOTA and IDF1 of one sequence. Pure functions. */

import { assign } from '../../flow/track/assignment.ts';
import type { Box } from '../../geometry/boxes.ts';
import { intersectionOverUnion } from '../../geometry/boxes.ts';

/** One object in one frame. */
export interface IdentifiedBox {
  /** Of the true object, or the one that the tracker gave. */
  readonly id: string;
  readonly box: Box;
}

/** One frame of a sequence: what is there, and what the tracker says. */
export interface JudgedFrame {
  readonly truths: readonly IdentifiedBox[];
  readonly tracked: readonly IdentifiedBox[];
}

/** Counts over frames; those of several sequences can be added up. */
export interface TrackingCounts {
  readonly truths: number;
  readonly tracked: number;
  readonly missed: number;
  readonly falsePositives: number;
  readonly switches: number;
  /** Boxes whose identity is right under the best pairing of whole trajectories. */
  readonly idTruePositives: number;
}

/** A pair counts from this overlap on, as in the MOT benchmarks. */
const leastOverlap = 0.5;

/**
 * MOTA: Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics", 2008:
 * 1 - (missed + false positives + identity switches) / truths. 1 is perfect; it can be negative.
 */
export function mota({ truths, missed, falsePositives, switches }: TrackingCounts): number {
  return truths === 0 ? 1 : 1 - (missed + falsePositives + switches) / truths;
}

/**
 * IDF1: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016:
 * 2 IDTP / (true boxes + tracked boxes), 0..1.
 */
export function idf1({ truths, tracked, idTruePositives }: TrackingCounts): number {
  return truths + tracked === 0 ? 1 : (2 * idTruePositives) / (truths + tracked);
}

export function addCounts(all: readonly TrackingCounts[]): TrackingCounts {
  const sum = (pick: (one: TrackingCounts) => number) => all.reduce((total, one) => total + pick(one), 0);
  return {
    truths: sum(({ truths }) => truths),
    tracked: sum(({ tracked }) => tracked),
    missed: sum(({ missed }) => missed),
    falsePositives: sum(({ falsePositives }) => falsePositives),
    switches: sum(({ switches }) => switches),
    idTruePositives: sum(({ idTruePositives }) => idTruePositives),
  };
}

export function trackingCounts(frames: readonly JudgedFrame[]): TrackingCounts {
  return { ...clearMotCounts(frames), idTruePositives: idTruePositives(frames) };
}

/** Pairs of the frame before stay pairs while they overlap enough; what is left is paired anew by least distance. */
function clearMotCounts(frames: readonly JudgedFrame[]): Omit<TrackingCounts, 'idTruePositives'> {
  /** The last tracked id of each truth, also through gaps. */
  const lastIdOf = new Map<string, string>();
  let truths = 0;
  let tracked = 0;
  let matched = 0;
  let switches = 0;
  for (const frame of frames) {
    const costs = frame.truths.map((truth) =>
      frame.tracked.map((one) => {
        const overlap = intersectionOverUnion(truth.box, one.box);
        if (overlap < leastOverlap) return Number.POSITIVE_INFINITY;
        return 1 - overlap - (lastIdOf.get(truth.id) === one.id ? keptPairBonus : 0);
      }),
    );
    assign(costs).forEach((column, row) => {
      if (column < 0) return;
      const truth = frame.truths[row]!.id;
      const id = frame.tracked[column]!.id;
      matched += 1;
      const before = lastIdOf.get(truth);
      if (before !== undefined && before !== id) switches += 1;
      lastIdOf.set(truth, id);
    });
    truths += frame.truths.length;
    tracked += frame.tracked.length;
  }
  return { truths, tracked, missed: truths - matched, falsePositives: tracked - matched, switches };
}

/** Makes any kept pair cheaper than any number of new ones in a frame: distances are below 1, objects below 1000. */
const keptPairBonus = 1000;

/** Best pairing of whole trajectories by the number of frames in which they overlap enough. */
function idTruePositives(frames: readonly JudgedFrame[]): number {
  const overlaps = new Map<string, Map<string, number>>();
  const ids = new Set<string>();
  for (const { truths, tracked } of frames) {
    for (const { id } of tracked) ids.add(id);
    for (const truth of truths) {
      const row = overlaps.get(truth.id) ?? new Map<string, number>();
      overlaps.set(truth.id, row);
      for (const one of tracked) {
        if (intersectionOverUnion(truth.box, one.box) >= leastOverlap) row.set(one.id, (row.get(one.id) ?? 0) + 1);
      }
    }
  }
  const columns = [...ids];
  const rows = [...overlaps.values()];
  const costs = rows.map((row) => columns.map((id) => -(row.get(id) ?? 0)));
  return assign(costs).reduce(
    (total, column, at) => total + (column < 0 ? 0 : (rows[at]!.get(columns[column]!) ?? 0)),
    0,
  );
}
