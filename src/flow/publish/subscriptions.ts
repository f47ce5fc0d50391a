/** The topic filters of one session. A broker that refuses them is asked again: without them goby publishes, but hears no requests. */
import type { MqttClient } from 'mqtt';
import type { Logger } from '../../logger.ts';
import { type BackoffOptions, backoffMs, type RandomSource } from '../../system/service/retry.ts';

export interface SubscriptionsOptions {
  readonly client: MqttClient;
  readonly logger: Logger;
  readonly random: RandomSource;
}

const retry: BackoffOptions = { firstMs: 2000, factor: 2, maxMs: 60_000 };

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isTold = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** For what goby can do without: a broker may refuse it. */
  tryOne(filter: string): void {
    this.#options.client.subscribe(filter, { qos: 1 }, () => undefined);
  }

  /** Subscribes to all, and again until the broker grants them. */
  add(filters: readonly string[], attempt = 0): void {
    const { client, random } = this.#options;
    if (filters.length === 0) return;
    client.subscribe([...filters], { qos: 1 }, (error) => {
      if (!error || !client.connected) return;
      this.#report(error.message, filters);
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          this.add(filters, attempt + 1);
        },
        backoffMs(attempt, retry, random),
      );
      this.#timers.add(timer);
    });
  }

  /** The session is over. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #report(reason: string, filters: readonly string[]): void {
    if (!this.#isTold)
      this.#options.logger.warn(
        `the broker refused the subscription to commands: ${reason}; allow ${filters.join(' ')}`,
      );
    this.#isTold = true;
  }
}
