/** Back-off: how long to wait before the next attempt. The only retry schedule in the tree. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** Numbers 0 <= n < 1, evenly spread; Math.random outside tests. */
export type RandomSource = () => number;

/**
 * Delay before attempt n (0 is the first retry): anywhere between 0 and firstMs * factor^n, at most maxMs. Full jitter, as the
 * AWS Architecture Blog has it ("Exponential Backoff And Jitter", 2015): ten thousand devices that lose the same broker come
 * back spread over the span, not in lockstep.
 */
export function backoffMs(
  attempt: number,
  { firstMs, factor, maxMs }: BackoffOptions,
  random: RandomSource = Math.random,
): number {
  return random() * Math.min(maxMs, firstMs * factor ** Math.max(0, attempt));
}

/** A pause that isn't to get shorter on average, such as after a refusal: between half of it and one and a half. */
export function spreadMs(pauseMs: number, random: RandomSource = Math.random): number {
  return pauseMs * (0.5 + random());
}
