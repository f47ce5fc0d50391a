/** Telemetry at its interval, which can change while the agent works; the last one is kept for who asks. */
import { createHash } from 'node:crypto';

export class TelemetryBeat {
  readonly #take: () => Promise<Record<string, unknown>>;
  readonly #tell: (telemetry: Record<string, unknown>) => void;
  readonly #phase: number;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #last: Record<string, unknown> = {};

  /**
   * @param tell called with each reading
   * @param phase part of the interval, 0 to 1, between the first reading and the second: see phaseOf()
   */
  constructor(
    take: () => Promise<Record<string, unknown>>,
    tell: (telemetry: Record<string, unknown>) => void,
    phase = 1,
  ) {
    this.#take = take;
    this.#tell = tell;
    this.#phase = phase;
  }

  /** As it was told last; empty before the first. */
  get last(): Record<string, unknown> {
    return this.#last;
  }

  /** Now, then at the device's own phase, and from there at this interval; the same interval again changes nothing. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.stop();
    this.#intervalMs = intervalMs;
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => void this.#beat(), intervalMs);
      void this.#beat();
    }, intervalMs * this.#phase);
    void this.#beat();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#intervalMs = 0;
  }

  async #beat(): Promise<void> {
    this.#last = await this.#take();
    this.#tell(this.#last);
  }
}

/**
 * A device's own part of every interval, evenly spread over devices and always the same for one: ten thousand that were
 * started by the same power cut don't report in the same moment.
 */
export function phaseOf(deviceId: string): number {
  return createHash('sha256').update(deviceId).digest().readUInt32BE(0) / 2 ** 32;
}
