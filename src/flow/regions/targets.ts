/** What is worth a look among what is known: tracked objects, by how likely what is told of them is wrong by now. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import type { PastLook } from './detectability.ts';
import type { Target } from './plan.ts';

/** What the tracker expects in the frame; see ExpectedObject of track/. */
export interface Expected {
  readonly box: Box;
  /** Standard deviation of its centre, sizes of the object. */
  readonly spread: number;
  readonly confirmed: boolean;
  readonly stationary: boolean;
  readonly unlookedMs: number;
  readonly unseenMs: number;
  readonly views: readonly PastLook[];
}

/** At this spread a told box surely lies beside the object; at half of it, it seldom does. */
const lostSpread = 0.4;
/** Of what is in view so many leave it, or are hidden, a second. */
const leaving = 0.15;
/** What the last look at it didn't show is as likely gone. */
const missedWorth = 0.4;
/** Someone new isn't told before enough looks showed them. */
const newWorth = 1;
/** What looks don't show is likely not to be shown by the next one either. */
const doubtMs = 300;

export function trackTargets(expected: readonly Expected[]): Target[] {
  return expected.map(({ box, spread, confirmed, unlookedMs, unseenMs, views }) => {
    const astray = (spread / lostSpread) ** 3;
    const gone = (leaving * unlookedMs) / 1000;
    const missed = unseenMs > 0 ? missedWorth : 0;
    const doubt = Math.exp(-unseenMs / doubtMs);
    return { box, worth: doubt * (confirmed ? Math.min(1, astray + gone + missed) : newWorth), reason: 'track', views };
  });
}
