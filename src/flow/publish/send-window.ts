/** At most so many messages without an answer: MQTT 5 lets a broker end sessions that send more at QoS 1 (section 4.9). */

interface Turn {
  readonly alone: boolean;
  begin(): void;
}

export class SendWindow {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: Turn[] = [];
  #inFlight = 0;
  #isAlone = false;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Runs `send` when it is its turn, in the order of calls. Resolves undefined, without a call, when too many wait.
   * @param alone nothing else runs beside it
   */
  async run<Result>(send: () => Promise<Result>, alone = false): Promise<Result | undefined> {
    if (this.#waiting.length > 0 || !this.#mayBegin(alone)) {
      if (this.#waiting.length >= this.#mostWaiting) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push({ alone, begin: resolve }));
    } else {
      this.#begin(alone);
    }
    try {
      return await send();
    } finally {
      this.#inFlight -= 1;
      this.#isAlone = false;
      this.#next();
    }
  }

  #mayBegin(alone: boolean): boolean {
    return alone ? this.#inFlight === 0 : !this.#isAlone && this.#inFlight < this.#most;
  }

  #begin(alone: boolean): void {
    this.#inFlight += 1;
    this.#isAlone = alone;
  }

  #next(): void {
    for (let turn = this.#waiting[0]; turn !== undefined && this.#mayBegin(turn.alone); turn = this.#waiting[0]) {
      this.#waiting.shift();
      this.#begin(turn.alone);
      turn.begin();
    }
  }
}
