/** Counts what is in use, and tells when nothing is any more. */

export class UseCount {
  #inUse = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns ends this use; calls after the first change nothing */
  begin(): () => void {
    this.#inUse += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#inUse -= 1;
      if (this.#inUse === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  /** Resolves at once when nothing is in use. */
  async none(): Promise<void> {
    if (this.#inUse > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
