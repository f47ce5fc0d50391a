/** Time as outputs need it: now, and later. Injected, so that tests turn the clock themselves. */
import type { RandomSource } from '../../system/service/retry.ts';

export interface Timers {
  /** Monotonic, ms. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** For the jitter of retries. */
  readonly random: RandomSource;
}

/** The real clock. A waiting timer doesn't keep the process alive. */
export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  random: Math.random,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
