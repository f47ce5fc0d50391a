/** How many threads an inference gets: measured, since more of them help one board and slow another down. */

/** More threads have to be faster by this share: they take cores from cameras and the rest. */
const worthwhile = 0.1;

/** Milliseconds after which no further number of threads is tried, so that a heavy model doesn't hold up the start. */
const patienceMs = 3000;

/** Inferences of each number of threads, the first of which warms caches up and isn't counted. */
const tries = 5;

/**
 * The smallest number of threads whose best inference takes at most 10 % longer than the best of all.
 * @param most at least 1
 * @param measure makes an interpreter with so many threads; the function it gives runs one inference and tells its ms
 */
export function chooseThreads(
  most: number,
  measure: (threads: number) => { run: () => number; end: () => void },
): number {
  if (most <= 1) return 1;
  const bestMs: number[] = [];
  let spentMs = 0;
  for (let threads = 1; threads <= most && spentMs < patienceMs; threads++) {
    const { run, end } = measure(threads);
    spentMs += run();
    let best = Number.POSITIVE_INFINITY;
    // For a heavy model one inference is enough to know.
    for (let count = 0; count < tries && (count === 0 || spentMs < patienceMs); count++) {
      const tookMs = run();
      spentMs += tookMs;
      best = Math.min(best, tookMs);
    }
    end();
    bestMs.push(best);
  }
  const limit = Math.min(...bestMs) * (1 + worthwhile);
  return bestMs.findIndex((ms) => ms <= limit) + 1;
}
