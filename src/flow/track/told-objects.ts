/** What is told of a frame: what was found in it, and what nobody looked for just now but is surely still there. A pure function. */
import { type Box, intersectionOverUnion } from '../../geometry/boxes.ts';
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

/** What looks didn't show for longer than this isn't told as there: it may have gone. Its event is held longer, see holdMs. */
const heldMs = 250;
/** What is held and lies so much on what was found is the same. */
const sameOverlap = 0.5;

/**
 * @param tracks after the look
 * @param found with at least the minimum score
 */
export function toldObjects({ tracks }: Tracks, found: readonly Detection[], nowMs: number): ToldObject[] {
  const whole = found.flatMap((detection): ToldObject[] => {
    const { label, box, cut } = detection;
    // Of what a region's edge cuts the tracker knows better where it ends.
    if (box === undefined || (cut !== undefined && tracks.some((track) => track.detection === detection))) return [];
    return [{ label, box, detection }];
  });
  const held = tracks.flatMap((track): ToldObject[] => {
    const { label, confirmed, filterMs, unseenMs } = track;
    if (!confirmed || nowMs - filterMs > coastMs || unseenMs > heldMs) return [];
    if (whole.some(({ detection }) => detection === track.detection)) return [];
    const box = clipped(boxAt(track, nowMs));
    const isFound = whole.some(
      (other) => other.label === label && intersectionOverUnion(other.box, box) >= sameOverlap,
    );
    return isFound || box[2] <= box[0] || box[3] <= box[1] ? [] : [{ label, box, key: track.key }];
  });
  return [...whole, ...held];
}

function clipped([x1, y1, x2, y2]: Box): Box {
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [clip(x1), clip(y1), clip(x2), clip(y2)];
}
