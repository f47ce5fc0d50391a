/** The one place where a camera's minScore counts: what a model found, told apart into strong and weak. */
import type { Detection } from './detection.ts';

/** Detections with this share of the minimum score still carry on what the tracker knows already. */
export const weakShare = 0.5;

export interface SplitDetections {
  /** With at least the minimum score: they are published, and begin tracks. */
  readonly detections: readonly Detection[];
  /** Below it: for the tracker only. */
  readonly weak: readonly Detection[];
}

/** Both parts keep the order of `found`. */
export function splitByScore(found: readonly Detection[], minScore: number): SplitDetections {
  return {
    detections: found.filter(({ score }) => score >= minScore),
    weak: found.filter(({ score }) => score < minScore),
  };
}
