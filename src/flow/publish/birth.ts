/**
 * Keeps "online" the last word on the state topic while the session lasts. The last will of a session before may come after it:
 * a broker that had not noticed its end, or was told to delay the will (MQTT 5, section 3.1.3.2.2).
 */
import { type BackoffOptions, backoffMs, type RandomSource } from '../../system/service/retry.ts';
import type { Delivery, Message } from './message.ts';

export interface BirthOptions {
  readonly birth: Message;
  readonly will: Message;
  readonly random: RandomSource;
  send(message: Message): Promise<Delivery>;
}

/** A broker that refuses it for now is asked again; others that write to this topic are not fought faster than this. */
const retry: BackoffOptions = { firstMs: 1000, factor: 2, maxMs: 60_000 };
/** Whoever may not hear its own state says it again after these times. */
const unheardAfterMs = [5000, 30_000, 120_000];

export class Birth {
  readonly #options: BirthOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #retryTimer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #isHeard = false;
  #isOver = true;

  constructor(options: BirthOptions) {
    this.#options = options;
  }

  /** What it writes to, and wants to hear. */
  get topic(): string {
    return this.#options.will.topic;
  }

  /** There is a session. */
  begin(): void {
    this.end();
    this.#isOver = false;
    this.#attempts = 0;
    this.#isHeard = false;
    this.#say();
    for (const afterMs of unheardAfterMs) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (!this.#isHeard) this.#say();
      }, afterMs);
      this.#timers.add(timer);
    }
  }

  /** What came on the topic, its own words too. */
  heard(payload: Uint8Array): void {
    this.#isHeard = true;
    if (Buffer.from(this.#options.will.payload).equals(payload)) this.#sayAgain();
    else if (Buffer.from(this.#options.birth.payload).equals(payload)) this.#dropTimers();
  }

  /** There is no session any more, or it ends with other words. */
  end(): void {
    this.#isOver = true;
    this.#dropTimers();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #dropTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** The first time at once. */
  #sayAgain(): void {
    if (this.#isOver || this.#retryTimer !== undefined) return;
    const delayMs = this.#attempts === 0 ? 0 : backoffMs(this.#attempts - 1, retry, this.#options.random);
    this.#attempts += 1;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#say();
    }, delayMs);
  }

  #say(): void {
    void this.#options.send(this.#options.birth).then((delivery) => {
      if (delivery === 'later') this.#sayAgain();
    });
  }
}
