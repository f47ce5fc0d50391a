/** Health: what each part is doing, since when, and whether the whole still makes progress. Feeds MQTT, doctor and the watchdog. */
import { maskAddresses } from '../../text/addresses.ts';

/** `worker`, `models`, `broker`, `outputs`, `camera/<name>`. */
export type PartName = string;

export interface PartHealth {
  /** One word, such as ready, streaming, reconnecting, failing-over, disconnected. */
  readonly state: string;
  /** When the state was entered, ms since 1970. */
  readonly sinceMs: number;
  readonly detail?: string;
}

interface Part extends PartHealth {
  lastProgressMs: number;
  waitUntilMs: number | undefined;
  /** Silence longer than this, outside a declared wait, is a stall; absent: never. */
  stallAfterMs: number | undefined;
}

export interface PartReport {
  readonly state: string;
  readonly detail?: string;
  /** A declared wait: no progress is owed before this, in performance.now() ms. */
  readonly waitUntilMs?: number;
  readonly stallAfterMs?: number;
}

export interface HealthClock {
  wallMs(): number;
  monotonicMs(): number;
}

export const systemClock: HealthClock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** The board every part reports to. */
export class Health {
  readonly #parts = new Map<PartName, Part>();
  readonly #listeners: ((part: PartName) => void)[] = [];
  readonly #clock: HealthClock;

  constructor(clock: HealthClock = systemClock) {
    this.#clock = clock;
  }

  /** Says what a part does now. A change of state or detail is told to listeners; a report counts as progress. */
  report(name: PartName, report: PartReport): void {
    const before = this.#parts.get(name);
    const detail = report.detail === undefined ? undefined : maskAddresses(report.detail);
    const changed = before?.state !== report.state || before.detail !== detail;
    this.#parts.set(name, {
      state: report.state,
      ...(detail === undefined ? {} : { detail }),
      sinceMs: before?.state === report.state ? before.sinceMs : this.#clock.wallMs(),
      lastProgressMs: this.#clock.monotonicMs(),
      waitUntilMs: report.waitUntilMs,
      stallAfterMs: report.stallAfterMs ?? before?.stallAfterMs,
    });
    if (changed) for (const listener of this.#listeners) listener(name);
  }

  /** Called on the hot path for each unit of work done: cheap, allocates nothing. */
  progress(name: PartName): void {
    const part = this.#parts.get(name);
    if (part) part.lastProgressMs = this.#clock.monotonicMs();
  }

  onChange(listener: (part: PartName) => void): void {
    this.#listeners.push(listener);
  }

  get(name: PartName): PartHealth | undefined {
    return this.#parts.get(name);
  }

  /** When a part last did anything, performance.now() ms. */
  lastProgressMs(name: PartName): number | undefined {
    return this.#parts.get(name)?.lastProgressMs;
  }

  snapshot(): Record<PartName, PartHealth> {
    return Object.fromEntries(
      [...this.#parts].map(([name, { state, sinceMs, detail }]) => [
        name,
        detail === undefined ? { state, sinceMs } : { state, sinceMs, detail },
      ]),
    );
  }

  /** The parts that neither progressed nor are in a declared wait: the watchdog is fed only while this is empty. */
  stalled(): PartName[] {
    const now = this.#clock.monotonicMs();
    return [...this.#parts]
      .filter(
        ([, part]) =>
          part.stallAfterMs !== undefined &&
          now - part.lastProgressMs > part.stallAfterMs &&
          now > (part.waitUntilMs ?? Number.NEGATIVE_INFINITY),
      )
      .map(([name]) => name);
  }
}
