/** Telemetry at its interval, which can change while the agent works; the last reading is kept for who asks. */

export type Telemetry = Record<string, unknown>;

export class TelemetryTimer {
  readonly #take: () => Promise<Telemetry>;
  readonly #listeners: ((reading: Telemetry) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #last: Telemetry = {};

  /** @param take takes one reading */
  constructor(take: () => Promise<Telemetry>) {
    this.#take = take;
  }

  /** The reading before; empty before the first. */
  get last(): Telemetry {
    return this.#last;
  }

  /** Called with each reading. */
  onReading(listener: (reading: Telemetry) => void): void {
    this.#listeners.push(listener);
  }

  /** Now, and then at this interval; the same interval again changes nothing. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.stop();
    this.#intervalMs = intervalMs;
    this.#timer = setInterval(() => void this.#read(), intervalMs);
    void this.#read();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#intervalMs = 0;
  }

  async #read(): Promise<void> {
    this.#last = await this.#take();
    for (const listener of this.#listeners) listener(this.#last);
  }
}
