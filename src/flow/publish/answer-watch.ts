/** Notices a broker that takes messages and answers none, such as behind a half-open connection: long before keepalive does. */

/** Never less patient than this, nor more, ms. */
const shortestMs = 2000;
const longestMs = 30_000;
/** Before the first answer. */
const firstMs = 10_000;
/** Patience is this many times the usual time to an answer, which is smoothed as TCP does (RFC 6298). */
const patienceFactor = 8;
const smoothing = 1 / 8;

export class AnswerWatch {
  readonly #now: () => number;
  /** When those without an answer were sent, oldest first. */
  readonly #sentMs = new Set<{ readonly atMs: number }>();
  #usualMs: number | undefined;
  #givenUp = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns to be called when the answer comes, or none is awaited any more */
  sent(): (answered: boolean) => void {
    const one = { atMs: this.#now() };
    this.#sentMs.add(one);
    return (answered) => {
      this.#sentMs.delete(one);
      if (!answered) return;
      const tookMs = this.#now() - one.atMs;
      this.#usualMs = this.#usualMs === undefined ? tookMs : this.#usualMs + smoothing * (tookMs - this.#usualMs);
      this.#givenUp = 0;
    };
  }

  /**
   * True when the oldest has waited too long: the session is to be ended. Patience doubles with each time in a row.
   * @param transferMs what the way to the broker may take for all that waits
   */
  isOverdue(transferMs = 0): boolean {
    const [oldest] = this.#sentMs;
    if (oldest === undefined || this.#now() - oldest.atMs < this.#patienceMs + transferMs) return false;
    this.#givenUp += 1;
    this.#sentMs.clear();
    return true;
  }

  get #patienceMs(): number {
    const usualMs = this.#usualMs === undefined ? firstMs : patienceFactor * this.#usualMs;
    return Math.min(longestMs, Math.max(shortestMs, usualMs) * 2 ** this.#givenUp);
  }
}
