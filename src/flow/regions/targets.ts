/** What is worth a look among what is known: tracked objects, by how likely what is told of them is wrong by now. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import type { PastLook } from './chance-in.ts';
import type { Target } from './plan.ts';

/** What the tracker expects in the frame; see ExpectedObject of track/. */
export interface Expected {
  readonly label: string;
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

/** @param rateOf how likely an object of this label is found, by the share of a region that it takes */
export function trackTargets(
  expected: readonly Expected[],
  rateOf: (label: string) => (share: number) => number,
): Target[] {
  return expected.map(({ label, box, spread, confirmed, unlookedMs, unseenMs, views }) => {
    const astray = (spread / lostSpread) ** 3;
    const gone = (leaving * unlookedMs) / 1000;
    const missed = unseenMs > 0 ? missedWorth : 0;
    const doubt = Math.exp(-unseenMs / doubtMs);
    const worth = doubt * (confirmed ? Math.min(1, astray + gone + missed) : newWorth);
    return { box, worth, reason: 'track', views, rateOf: rateOf(label) };
  });
}
