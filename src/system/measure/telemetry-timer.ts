/** Telemetry at its interval, which can change while the agent works; the last one is kept for who asks. */

export class TelemetryBeat {
  readonly #take: () => Promise<Record<string, unknown>>;
  readonly #tell: (telemetry: Record<string, unknown>) => void;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #last: Record<string, unknown> = {};

  /** @param tell called with each reading */
  constructor(take: () => Promise<Record<string, unknown>>, tell: (telemetry: Record<string, unknown>) => void) {
    this.#take = take;
    this.#tell = tell;
  }

  /** As it was told last; empty before the first. */
  get last(): Record<string, unknown> {
    return this.#last;
  }

  /** Now, and then at this interval; the same interval again changes nothing. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.stop();
    this.#intervalMs = intervalMs;
    this.#timer = setInterval(() => void this.#beat(), intervalMs);
    void this.#beat();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#intervalMs = 0;
  }

  async #beat(): Promise<void> {
    this.#last = await this.#take();
    this.#tell(this.#last);
  }
}
