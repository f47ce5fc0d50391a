/** Back-off: how long to wait before the next attempt. The only retry schedule in the tree. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** Delay before attempt n (0 is the first retry): firstMs * factor^n, at most maxMs, no jitter so that tests can tell it. */
export function backoffMs(attempt: number, { firstMs, factor, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, firstMs * factor ** Math.max(0, attempt));
}
