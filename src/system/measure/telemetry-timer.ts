/** Telemetry at its interval, which can change while the agent works; the last reading is kept for who asks. */
import { createHash } from 'node:crypto';

export type Telemetry = Record<string, unknown>;

export class TelemetryTimer {
  readonly #take: () => Promise<Telemetry>;
  readonly #phase: number;
  readonly #listeners: ((reading: Telemetry) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #last: Telemetry = {};

  /**
   * @param take takes one reading
   * @param phase part of the interval, 0 to 1, between the first reading and the second: see phaseOf()
   */
  constructor(take: () => Promise<Telemetry>, phase = 1) {
    this.#take = take;
    this.#phase = phase;
  }

  /** The reading before; empty before the first. */
  get last(): Telemetry {
    return this.#last;
  }

  /** Called with each reading. */
  onReading(listener: (reading: Telemetry) => void): void {
    this.#listeners.push(listener);
  }

  /** Now, then at the device's own phase, and from there at this interval; the same interval again changes nothing. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.stop();
    this.#intervalMs = intervalMs;
    const toPhaseMs = intervalMs * this.#phase;
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => void this.#read(), intervalMs);
      void this.#read();
    }, toPhaseMs);
    void this.#read();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#intervalMs = 0;
  }

  async #read(): Promise<void> {
    this.#last = await this.#take();
    for (const listener of this.#listeners) listener(this.#last);
  }
}

/**
 * A device's own part of every interval, evenly spread over devices and always the same for one: ten thousand that were
 * started by the same power cut don't report in the same moment.
 */
export function phaseOf(deviceId: string): number {
  return createHash('sha256').update(deviceId).digest().readUInt32BE(0) / 2 ** 32;
}
