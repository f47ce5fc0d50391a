/** At most so many messages at QoS 1 without an answer: MQTT 5 lets a broker end sessions that send more (section 4.9). */

export class SendWindow {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /** Runs `send` when it is its turn, in the order of calls. Resolves undefined, without a call, when too many wait. */
  async run<Result>(send: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#inFlight >= this.#most) {
      if (this.#waiting.length >= this.#mostWaiting) return undefined;
      // The turn is handed on by the one that ends, so the count stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#inFlight += 1;
    }
    try {
      return await send();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inFlight -= 1;
    }
  }
}
