/** What is far too tall or too small for its place counts for less: the filter usualSize. Pure functions. */
import type { LabelFilterConfig } from '../../config/zones-section.ts';
import type { JudgeSize } from '../sizes/size-judgement.ts';
import type { EventSize } from './event.ts';
import type { BoxedDetection } from './track.ts';

export interface SizeFilter {
  readonly filters: Readonly<Record<string, LabelFilterConfig>>;
  /** Confidence threshold of the camera. */
  readonly minScore: number;
  /** Absent: nothing is known of sizes. */
  readonly judgeSize?: JudgeSize | undefined;
}

/**
 * The score of what has an unusual size counts for this share of it: a model that is surer than most of its mistakes are is still
 * believed. With the default minimum score of 0.5 that is from 0.84 on.
 */
const unusualShare = 0.6;

/** Detections that count in full, and those that only carry on what is known: of an unusual size, and not sure enough for that. */
export function splitBySize(
  detections: readonly BoxedDetection[],
  filter: SizeFilter,
): { readonly counted: BoxedDetection[]; readonly unusual: BoxedDetection[] } {
  const counted: BoxedDetection[] = [];
  const unusual: BoxedDetection[] = [];
  for (const detection of detections) {
    (sizeOf(detection, filter)?.counts === false ? unusual : counted).push(detection);
  }
  return { counted, unusual };
}

/** @returns undefined where the filter is off, where too little was seen to tell, and for what the edge of a region cuts */
export function sizeOf({ label, box, score, cut }: BoxedDetection, filter: SizeFilter): EventSize | undefined {
  const own = Object.hasOwn(filter.filters, label) ? filter.filters[label] : undefined;
  if (own?.usualSize !== true || cut !== undefined) return undefined;
  const judgement = filter.judgeSize?.(label, box);
  if (judgement === undefined) return undefined;
  const { height, usualHeight, fits } = judgement;
  return { height, usualHeight, counts: fits || unusualShare * score >= Math.max(filter.minScore, own.minScore) };
}
