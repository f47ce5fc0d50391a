/** How long an answer is waited for: the configured deadline at first, less once a model has answered often and fast. */

/** Answers that are looked back on; also how many there must be. */
const answers = 20;
/** Nothing shorter: a machine that swaps or whose card is slow must not lose its worker to a hiccup. */
const shortestMs = 1000;
const times = 10;

/** The longest that a deadline is raised to by itself: less than the silence of a worker that counts as a stall. */
const mostRaisedMs = 30_000;
/** What a heavy model is given of its own latency: other programs, a hot board and a busy card slow it down. */
const raisedTimes = 4;

/** The deadline that a model of this latency needs. The same as before where that leaves twice the latency. */
export function raisedDeadlineMs(latencyMs: number, deadlineMs: number): number {
  if (2 * latencyMs <= deadlineMs) return deadlineMs;
  return Math.max(deadlineMs, Math.min(mostRaisedMs, Math.ceil((raisedTimes * latencyMs) / 100) * 100));
}

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
