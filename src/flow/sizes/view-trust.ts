/** Does a camera still look at what it looked at when its sizes were learnt? One verdict is none: light, rain and lorries pass. Pure functions. */
import type { ViewVerdict } from './view.ts';

export interface ViewTrust {
  /** What was learnt holds for what is seen now. */
  readonly holds: boolean;
  /** Since when every clear verdict says that the camera has moved, and how many said so; absent: the last one didn't. */
  readonly doubt?: { readonly sinceMs: number; readonly moved: number; readonly other: number };
}

export const firstView: ViewTrust = { holds: true };
/** Kept from before: nobody knows yet whether the camera was moved meanwhile. */
export const keptView: ViewTrust = { holds: false };

/** The same things elsewhere in the picture for so long: the camera was turned. */
const movedMs = 600_000;
/** Other things for so long: something may stand in front of the camera for a while. */
const otherMs = 3_600_000;
/** And at least so many verdicts. */
const leastVerdicts = 5;

/** @param nowMs performance.now() ms @returns `over`: the camera has moved, and what was learnt counts no more */
export function afterVerdict(
  before: ViewTrust,
  verdict: ViewVerdict,
  nowMs: number,
): { readonly trust: ViewTrust; readonly over: boolean } {
  // In the dark nobody can tell: it stays as it was.
  if (verdict === 'unclear') return { trust: before, over: false };
  if (verdict === 'same') return { trust: { holds: true }, over: false };
  const { sinceMs, moved, other } = before.doubt ?? { sinceMs: nowMs, moved: 0, other: 0 };
  const doubt = verdict === 'moved' ? { sinceMs, moved: moved + 1, other } : { sinceMs, moved, other: other + 1 };
  const lastedMs = nowMs - sinceMs;
  const isTurned = doubt.moved >= leastVerdicts && doubt.moved >= doubt.other && lastedMs >= movedMs;
  const isElsewhere = doubt.moved + doubt.other >= leastVerdicts && lastedMs >= otherMs;
  return { trust: { holds: false, doubt }, over: isTurned || isElsewhere };
}
