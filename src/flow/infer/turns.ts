/** Who may use a worker when: an inference is handed over while the one before it runs, everything else has the worker for itself. */
export class Turns {
  #begun: Promise<unknown> = Promise.resolve();
  #lastButOne: Promise<unknown> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  /** Begins in its turn, when at most one of those before it is still under way, whether or not they failed. */
  overlapping<Result>(work: () => Promise<Result>): Promise<Result> {
    const { turn, done } = this.#add(Promise.all([this.#begun, this.#lastButOne]), work);
    this.#lastButOne = this.#last;
    this.#last = done;
    return turn;
  }

  /** Begins when all before it are done, whether or not they failed; what comes after it waits for its end. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const { turn, done } = this.#add(Promise.all([this.#lastButOne, this.#last]), work);
    this.#lastButOne = done;
    this.#last = done;
    return turn;
  }

  #add<Result>(when: Promise<unknown>, work: () => Promise<Result>): { turn: Promise<Result>; done: Promise<unknown> } {
    this.#begun = when;
    const turn = when.then(work);
    return { turn, done: turn.catch(() => undefined) };
  }
}
