/** What was begun, to be stopped in reverse order: cameras before what they feed. */
export class StopList {
  readonly #stops: (() => unknown)[] = [];

  /** Adds what ends the part that was just begun. */
  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /**
   * Stops the newest first, each once, and one after the other. Every part gets its turn, also when another fails; the first
   * failure is thrown at the end. What is added meanwhile is stopped too; after that, call it again.
   */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
