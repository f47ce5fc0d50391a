/** Sends messages that are said only once, such as alerts and answers: what the broker refuses for now is tried again for a minute, while the session lasts. */
import { type BackoffOptions, backoffMs, type RandomSource } from '../../system/service/retry.ts';
import type { Delivery } from './message.ts';

export interface PatientSenderOptions {
  readonly random: RandomSource;
  isConnected(): boolean;
}

const retry: BackoffOptions = { firstMs: 500, factor: 2, maxMs: 8000 };
/** With full jitter about a minute, at most two. */
const mostAttempts = 16;
/** More than these at a time are not worth the memory. */
const mostWaiting = 100;

export class PatientSender {
  readonly #options: PatientSenderOptions;
  readonly #waiting = new Map<NodeJS.Timeout, () => void>();
  #stopped = false;

  constructor(options: PatientSenderOptions) {
    this.#options = options;
  }

  /** Resolves with what became of it in the end. */
  async send(sendOnce: () => Promise<Delivery>): Promise<Delivery> {
    for (let attempt = 0; ; attempt++) {
      const delivery = await sendOnce();
      if (delivery !== 'later' || attempt === mostAttempts - 1 || !this.#mayWait) return delivery;
      await this.#pause(backoffMs(attempt, retry, this.#options.random));
    }
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#stopped = true;
    for (const [timer, resume] of this.#waiting) {
      clearTimeout(timer);
      resume();
    }
    this.#waiting.clear();
  }

  get #mayWait(): boolean {
    return !this.#stopped && this.#waiting.size < mostWaiting && this.#options.isConnected();
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(timer);
        resolve();
      }, delayMs);
      this.#waiting.set(timer, resolve);
    });
  }
}
