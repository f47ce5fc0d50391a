/** Work on one thing, one piece after the other. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins when all before it is done, whether or not that failed. */
  add<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
