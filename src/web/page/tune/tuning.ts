/** What other thresholds would have made of what was followed. The rules are those of the tracker: see flow/track. */
import { contains, type Point } from '../../../geometry/polygon.ts';

export interface PastTrack {
  readonly track: number;
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly looks: number;
  /** The best ones, in falling order. */
  readonly scores: readonly number[];
  /** At its best look. */
  readonly box: readonly [number, number, number, number];
}

export interface Thresholds {
  readonly minScore: number;
  /** Looks with that score which make it an event; one of 0.8 or more counts twice. */
  readonly confirmHits: number;
  readonly minArea: number;
  readonly maxArea: number;
  readonly masks: readonly (readonly Point[])[];
}

/** A look with this score counts twice: see flow/track/tracks.ts. */
const sureScore = 0.8;

/** Whether a track would have become an event. */
export function wouldBeEvent({ scores, box: [x1, y1, x2, y2] }: PastTrack, thresholds: Thresholds): boolean {
  const { minScore, confirmHits, minArea, maxArea, masks } = thresholds;
  const area = (x2 - x1) * (y2 - y1);
  if (area < minArea || area > maxArea) return false;
  if (masks.some((mask) => contains(mask, [(x1 + x2) / 2, y2]))) return false;
  const hits = scores.reduce((sum, score) => sum + (score < minScore ? 0 : score >= sureScore ? 2 : 1), 0);
  return hits >= confirmHits;
}
