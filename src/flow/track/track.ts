/** One object across frames. */
import type { Box } from '../../geometry/boxes.ts';
import type { Detection } from '../interpret/detection.ts';
import type { Appearance } from './appearance.ts';
import { type BoxFilter, boxOf, predict } from './box-filter.ts';
import type { View } from './views.ts';

export interface TrackSettings {
  /** A track ends when looks don't show it for this long. */
  readonly holdMs: number;
  /** The same for what stood still: a parked car behind a passing one is the same car afterwards. */
  readonly stationaryHoldMs: number;
  /** What doesn't move for this long is stationary. */
  readonly stationaryAfterMs: number;
  /** A track is confirmed by this many looks that show it; absent: by the frame rate, see hitsNeeded(). */
  readonly confirmHits?: number | undefined;
}

/** A detection with a box. */
export type BoxedDetection = Detection & { readonly box: Box };

export interface Track {
  /** Unique among the tracks of one camera. */
  readonly key: number;
  readonly label: string;
  /** As of the last detection. */
  readonly filter: BoxFilter;
  readonly filterMs: number;
  /** What speaks for it: looks that showed it, sure ones twice. */
  readonly hits: number;
  /** Looks at its place since it appeared, and those that didn't show it. */
  readonly looks: number;
  readonly misses: number;
  readonly beganMs: number;
  /** The last look at its place. */
  readonly lookedMs: number;
  readonly confirmed: boolean;
  /** Time in which looks at its place didn't show it; 0: the last one did. */
  readonly unseenMs: number;
  /** The same, each look counted by how much it proves: what is told of the object, and where it is looked for, goes by this one. */
  readonly missingMs: number;
  /** What the last look showed of it, a weak detection among them; absent: nothing. */
  readonly detection?: BoxedDetection | undefined;
  /** What it was seen with last, 0..1. */
  readonly score: number;
  /** When it was seen with the minimum score last. */
  readonly sureMs: number;
  /** The last looks at it, newest first. */
  readonly views: readonly View[];
  /** The smallest share of a region's side at which a look showed it; see squeezedShare(). */
  readonly leastShare: number;
  /** Where it began to stay, and since when. */
  readonly anchor: { readonly box: Box; readonly sinceMs: number };
  readonly stationary: boolean;
  /** How it looked when a look showed it last; absent: nobody knows. */
  readonly appearance?: SeenAppearance | undefined;
  /** How much what is there now looks like that, -1..1; absent: nobody knows. */
  readonly similarity?: number | undefined;
}

/** With the place of what was seen, beside the middle of the track, in fractions of the frame: the frame's edge may cut it. */
export interface SeenAppearance extends Appearance {
  readonly across: number;
  readonly down: number;
}

/** How long a track that isn't seen is still said to be where it should be. */
export const coastMs = 1000;

/** Where a track is at this time; not clipped to the frame. */
export function boxAt(track: Track, nowMs: number): Box {
  return boxOf(predictTo(track, nowMs));
}

/** What is expected of a track at this time. */
export function predictTo({ filter, filterMs }: Track, nowMs: number): BoxFilter {
  return predict(filter, Math.max(0, nowMs - filterMs) / 1000);
}
