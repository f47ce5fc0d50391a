/** How long a camera may be silent: its stall timeout at first, much less once it has given frames steadily. */

export interface SilenceLimitOptions {
  /** The longest silence that is ever borne, also at the start. */
  readonly stallTimeoutMs: number;
  /** A source counts as steady after streaming for this long. */
  readonly stableMs: number;
}

/** A steady camera's share of the stall timeout: who sets a longer one for a slow machine gets more time here too. */
const share = 0.15;
const shortestMs = 1500;
const periods = 15;
/** Low light and a busy machine make gaps that are longer than the period: this many of the longest one of late. */
const gaps = 5;
/** What is left of a long gap with each frame after it. */
const fading = 0.98;

export class SilenceLimit {
  readonly #options: SilenceLimitOptions;
  #firstMs: number | undefined;
  #lastMs = 0;
  #gapMs = 0;

  constructor(options: SilenceLimitOptions) {
    this.#options = options;
  }

  /** Called for every whole frame of one attempt. */
  frame(nowMs: number): void {
    if (this.#firstMs === undefined) this.#firstMs = nowMs;
    else this.#gapMs = Math.max(nowMs - this.#lastMs, this.#gapMs * fading);
    this.#lastMs = nowMs;
  }

  limitMs({ periodMs, steady }: { readonly periodMs: number; readonly steady: boolean }): number {
    const { stallTimeoutMs, stableMs } = this.#options;
    const longestMs = stallTimeoutMs + periodMs;
    const isTrusted = this.#firstMs !== undefined && this.#lastMs - this.#firstMs >= stableMs;
    if (!steady || !isTrusted) return longestMs;
    return Math.min(longestMs, Math.max(shortestMs, share * stallTimeoutMs, periods * periodMs, gaps * this.#gapMs));
  }
}
