/** One piece of work after the other: what is urgent comes before what isn't. */

export class Turns {
  readonly #urgent: (() => Promise<void>)[] = [];
  readonly #others: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  /** Runs `work` when it is its turn. Resolves or rejects as it does. */
  take<Result>(work: () => Promise<Result>, { urgent }: { readonly urgent: boolean }): Promise<Result> {
    return new Promise((resolve, reject) => {
      const queue = urgent ? this.#urgent : this.#others;
      queue.push(() => work().then(resolve, reject));
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) await next();
    this.#running = undefined;
  }

  #next(): (() => Promise<void>) | undefined {
    return this.#urgent.shift() ?? this.#others.shift();
  }
}
