/** Waits for a promise, but no longer than a limit. */

/** Waits for the end of `work`, but no longer than this; how it ended doesn't matter. */
export async function within(patienceMs: number, work: Promise<unknown>): Promise<void> {
  await withinOr(patienceMs, work, undefined);
}

/** What `work` resolves with; `otherwise` when that takes longer than this, or fails. */
export async function withinOr<Result>(patienceMs: number, work: Promise<Result>, otherwise: Result): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), patienceMs);
  });
  const result = await Promise.race([work.catch(() => otherwise), patience]);
  clearTimeout(timer);
  return result;
}
