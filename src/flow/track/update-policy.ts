/** When an event in view is worth an update: the same for objects and for labels of the whole frame. */

/** An update is published when the best score rose by this much since the last one. */
const noticeableRise = 0.05;
/** And at least this often, in ms, while something goes on. */
const updateIntervalMs = 5000;

/** @param scoreMarks scores whose crossing is published at once, such as the minimum scores of rules */
export function hasRisen(score: number, publishedScore: number, scoreMarks: readonly number[]): boolean {
  return score - publishedScore >= noticeableRise || scoreMarks.some((mark) => publishedScore < mark && score >= mark);
}

export function isUpdateDue(nowMs: number, publishedAtMs: number): boolean {
  return nowMs - publishedAtMs >= updateIntervalMs;
}
