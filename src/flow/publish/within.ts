/** Patience: waiting that has an end. */

/** Waits for the end of `work`, but no longer than this; how it ended doesn't matter. */
export async function within(patienceMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work.catch(() => undefined), patience]);
  clearTimeout(timer);
}
