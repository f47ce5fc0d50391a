/** Timers whose clock the test turns. */
import type { Timers } from '../../src/flow/act/timers.ts';

export class ManualTimers implements Timers {
  #nowMs = 1000;
  #waiting: { atMs: number; order: number; callback: () => void }[] = [];
  #order = 0;

  /** The far end of every span: retries come as late as they may. */
  random(): number {
    return 1;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== entry);
    };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets time pass; whatever is due is called in order, each at its own time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#waiting
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
