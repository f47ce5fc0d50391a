/** GPIO17 of an emulated Raspberry Pi, watched from outside the guest: what its registers say, and when. */
import type { Monitor, PinState } from '../guest/monitor.ts';

export interface PinChange extends PinState {
  /** Seconds since QEMU was started. */
  readonly atS: number;
}

const intervalMs = 100;

export class PinWatch {
  readonly changes: PinChange[] = [];
  readonly #monitor: Monitor;
  readonly #onChange: (change: PinChange) => void;
  readonly #startedMs: number;
  #waiters: { wanted: (pin: PinState) => boolean; resolve: (change: PinChange) => void }[] = [];
  #over = false;

  constructor(monitor: Monitor, startedMs: number, onChange: (change: PinChange) => void) {
    this.#monitor = monitor;
    this.#startedMs = startedMs;
    this.#onChange = onChange;
  }

  /** Looks until `stop`. */
  async watch(): Promise<void> {
    while (!this.#over) {
      const pin = await this.#monitor.pin(17).catch(() => undefined);
      if (pin === undefined) return;
      const last = this.changes.at(-1);
      if (last?.direction !== pin.direction || last.level !== pin.level) this.#note(pin);
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }

  /** The pin as it is, or the first change to what is wanted. */
  async until(wanted: (pin: PinState) => boolean, patienceMs: number): Promise<PinChange> {
    const now = this.changes.at(-1);
    if (now && wanted(now)) return now;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`GPIO17 did not change in ${patienceMs / 1000} s`)), patienceMs);
      this.#waiters.push({
        wanted,
        resolve: (change) => {
          clearTimeout(timer);
          resolve(change);
        },
      });
    });
  }

  stop(): void {
    this.#over = true;
  }

  #note(pin: PinState): void {
    const change = { ...pin, atS: (performance.now() - this.#startedMs) / 1000 };
    this.changes.push(change);
    this.#onChange(change);
    const met = this.#waiters.filter(({ wanted }) => wanted(pin));
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve(change);
  }
}

/** Driven high: an output whose level bit is set. After a release the level bit may stay while the pin is an input. */
export const isHigh = ({ direction, level }: PinState): boolean => direction === 'output' && level;
export const isNotHigh = (pin: PinState): boolean => !isHigh(pin);
