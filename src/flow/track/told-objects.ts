/** What is told of a frame: what was found in it, and what nobody looked for just now but is surely still there. A pure function. */
import { type Box, clipped } from '../../geometry/boxes.ts';
import { areOneObject } from '../../geometry/same-object.ts';
import type { Detection } from '../interpret/detection.ts';
import { presenceOf } from './presence.ts';
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

/** What is about as likely there as not is told. */
const leastPresence = 0.45;
/** What rests is told for so long without a look at its place. */
const restMs = 5000;
/** Looks that show a thing with less than the minimum score carry it on for so long: what was never more is soon nothing. */
const unsureMs = 500;

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
    if (box === undefined) return [];
    const track = tracks.find((one) => one.detection === detection);
    // Of what a region's edge cuts the tracker knows better where it ends; what no look speaks for yet waits for one.
    if (track !== undefined && (cut !== undefined || track.hits === 0)) return [];
    return [{ label, box, detection }];
  });
  const held = tracks.flatMap((track): ToldObject[] => {
    const { label, confirmed, filterMs, lookedMs, sureMs } = track;
    if (!confirmed || nowMs - filterMs > coastMs || nowMs - lookedMs > restMs) return [];
    if (lookedMs > sureMs && nowMs - sureMs > unsureMs) return [];
    if (presenceOf(track, minScore) < leastPresence) return [];
    if (whole.some(({ detection }) => detection === track.detection)) return [];
    const box = clipped(boxAt(track, nowMs));
    const isFound = whole.some((other) => other.label === label && areOneObject(box, other.box));
    return isFound || box[2] <= box[0] || box[3] <= box[1] ? [] : [{ label, box, key: track.key }];
  });
  return [...whole, ...held];
}
