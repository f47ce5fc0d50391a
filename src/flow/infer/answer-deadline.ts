/** How long an answer is waited for: the configured deadline at first, less once a model has answered often and fast. */

/** Answers that are looked back on; also how many there must be. */
const answers = 20;
/** Nothing shorter: a machine that swaps or whose card is slow must not lose its worker to a hiccup. */
const shortestMs = 1000;
const times = 10;

export class AnswerDeadline {
  readonly #longestMs: number;
  /** The last answers, in a ring. */
  readonly #tookMs: number[] = [];
  #next = 0;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  answered(tookMs: number): void {
    this.#tookMs[this.#next] = tookMs;
    this.#next = (this.#next + 1) % answers;
  }

  /** Ten times the 95th percentile of the last answers. */
  get ms(): number {
    if (this.#tookMs.length < answers) return this.#longestMs;
    const sorted = [...this.#tookMs].sort((one, other) => one - other);
    const p95Ms = sorted[Math.ceil(0.95 * answers) - 1]!;
    return Math.min(this.#longestMs, Math.max(shortestMs, Math.ceil(times * p95Ms)));
  }
}
