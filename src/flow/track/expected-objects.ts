/** What the tracker expects to be in the next frame, for whoever chooses where to look. */
import type { Box } from '../../geometry/boxes.ts';
import { boxOf, spreadOf } from './box-filter.ts';
import { predictTo } from './track.ts';
import type { Tracks } from './tracks.ts';
import type { View } from './views.ts';

/** What the tracker expects to be in the frame. */
export interface ExpectedObject {
  readonly label: string;
  /** Where it should be, in fractions of the frame; it may reach out of it. */
  readonly box: Box;
  /** How uncertain that is, standard deviation in sizes of the object. */
  readonly spread: number;
  readonly confirmed: boolean;
  readonly stationary: boolean;
  /** Since the last look at its place. */
  readonly unlookedMs: number;
  /** Time in which looks at its place didn't show it, each counted by how much it proves; 0: the last one showed it. */
  readonly unseenMs: number;
  readonly views: readonly View[];
}

export function expectedAt({ tracks }: Tracks, nowMs: number): ExpectedObject[] {
  return tracks.map((track) => {
    const filter = predictTo(track, nowMs);
    return {
      label: track.label,
      box: boxOf(filter),
      spread: spreadOf(filter),
      confirmed: track.confirmed,
      stationary: track.stationary,
      unlookedMs: nowMs - track.lookedMs,
      unseenMs: track.missingMs,
      views: track.views,
    };
  });
}
