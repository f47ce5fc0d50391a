/** What is told of a frame: what was found in it, and what nobody looked for just now but is surely still there. A pure function. */
import { type Box, clipped } from '../../geometry/boxes.ts';
import { areOneObject } from '../../geometry/same-object.ts';
import type { Detection } from '../interpret/detection.ts';
import { boxAt, coastMs } from './track.ts';
import type { Tracks } from './tracks.ts';

export interface ToldObject {
  readonly label: string;
  /** In fractions of the frame. */
  readonly box: Box;
  /** Absent: held, where the tracker expects it. */
  readonly detection?: Detection;
  /** Of the track of what is held. */
  readonly key?: number;
}

/**
 * What looks didn't show may have gone; the surer it was when it was seen last, the longer it is told as there: the score it was seen
 * with fades with this time constant, down to this share of the minimum score. On two street films (goby bench far) exhaustive tiling
 * still had, after one look that missed it at ten frames a second, 93 % of what had a score of 0.8 and more, 78, 58 and 42 % of what had
 * 0.6, 0.4 and less; after two, 74, 56, 36 and 22 %; after three, 61, 32, 23 and 23 %. A look that seldom shows what is so small counts for
 * less of this time (proofOf of tracks.ts). The event is held longer, see holdMs.
 */
const fadingMs = 280;
const leastShare = 0.7;
/** Looks that show a thing with less than the minimum score carry it on for so long: what was never more is soon nothing. */
const unsureMs = 500;
/** What rests is told for so long without a look at its place. */
const restMs = 5000;

export interface Telling {
  readonly nowMs: number;
  /** The minimum score, 0..1. */
  readonly minScore: number;
}

/**
 * @param tracks after the look
 * @param found with at least the minimum score
 */
export function toldObjects(
  { tracks }: Tracks,
  found: readonly Detection[],
  { nowMs, minScore }: Telling,
): ToldObject[] {
  const whole = found.flatMap((detection): ToldObject[] => {
    const { label, box, cut } = detection;
    // Of what a region's edge cuts the tracker knows better where it ends.
    if (box === undefined || (cut !== undefined && tracks.some((track) => track.detection === detection))) return [];
    return [{ label, box, detection }];
  });
  const held = tracks.flatMap((track): ToldObject[] => {
    const { label, confirmed, filterMs, lookedMs, sureMs, missingMs, score } = track;
    const isSure = score * Math.exp(-missingMs / fadingMs) >= leastShare * minScore;
    if (
      !confirmed ||
      nowMs - filterMs > coastMs ||
      nowMs - lookedMs > restMs ||
      !isSure ||
      (lookedMs > sureMs && nowMs - sureMs > unsureMs)
    )
      return [];
    if (whole.some(({ detection }) => detection === track.detection)) return [];
    const box = clipped(boxAt(track, nowMs));
    const isFound = whole.some((other) => other.label === label && areOneObject(box, other.box));
    return isFound || box[2] <= box[0] || box[3] <= box[1] ? [] : [{ label, box, key: track.key }];
  });
  return [...whole, ...held];
}
