/** What of a device's events a broker has handed on: which are missing, out of order, or there twice without saying so. */
import { connectAsync, type MqttClient } from 'mqtt';
import { z } from 'zod';
import type { Scope } from './scope.ts';

const eventSchema = z.looseObject({
  type: z.enum(['new', 'update', 'end']),
  id: z.string(),
  sequence: z.int().positive(),
  replayed: z.boolean(),
  start: z.iso.datetime(),
  end: z.iso.datetime().optional(),
});

export interface Verdict {
  readonly received: number;
  readonly lost: number;
  /** Within the life of one event. */
  readonly reordered: number;
  /** Received again without `replayed`. */
  readonly unmarked: number;
  /** Ends before the start, or much longer after it than it can be. */
  readonly mistimed: number;
}

/** A message that is no event. */
export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly atMs: number;
}

/** No event of a run of faults lasts as long. */
const longestEventMs = 900_000;

export class Ledger {
  readonly #sequences = new Set<number>();
  readonly #lastOf = new Map<string, number>();
  #unmarked = 0;
  #reordered = 0;
  #mistimed = 0;
  #highest = 0;
  readonly #wakers = new Set<() => void>();
  /** Everything else that was heard: topic and payload. */
  readonly other: Heard[] = [];

  get received(): number {
    return this.#sequences.size;
  }

  take(payload: string): void {
    const { type, id, sequence, replayed, start, end } = eventSchema.parse(JSON.parse(payload));
    if (this.#sequences.has(sequence)) {
      if (!replayed) this.#unmarked += 1;
      return;
    }
    this.#sequences.add(sequence);
    this.#highest = Math.max(this.#highest, sequence);
    if (sequence < (this.#lastOf.get(id) ?? 0)) this.#reordered += 1;
    this.#lastOf.set(id, sequence);
    if (type === 'end' && end !== undefined) {
      const lastedMs = Date.parse(end) - Date.parse(start);
      if (lastedMs < 0 || lastedMs > longestEventMs) this.#mistimed += 1;
    }
    for (const wake of [...this.#wakers]) wake();
  }

  /** Resolves when this many more have come than there are now. */
  async more(count: number): Promise<void> {
    const wanted = this.received + count;
    while (this.received < wanted) await new Promise<void>((resolve) => this.#whenMore(resolve));
  }

  /** @param writtenTo the last sequence that the device says it has written */
  verdict(writtenTo = 0): Verdict {
    const last = Math.max(this.#highest, writtenTo);
    return {
      received: this.received,
      lost: last - this.received,
      reordered: this.#reordered,
      unmarked: this.#unmarked,
      mistimed: this.#mistimed,
    };
  }

  #whenMore(resolve: () => void): void {
    const wake = () => {
      this.#wakers.delete(wake);
      resolve();
    };
    this.#wakers.add(wake);
  }
}

/**
 * Subscribed when it resolves. At QoS 0: what a broker that is killed has taken stands in the socket by then, while an
 * acknowledgement of ours that it hasn't read would let the kernel throw that away.
 */
export async function listen(scope: Scope, address: string, ledger: Ledger): Promise<MqttClient> {
  const client = await connectAsync(address, { reconnectPeriod: 0 });
  client.on('error', () => undefined);
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/events')) ledger.take(payload.toString());
    else ledger.other.push({ topic, payload: payload.toString(), atMs: performance.now() });
  });
  scope.teardown(() => client.endAsync(true));
  await client.subscribeAsync('goby/#', { qos: 0 });
  return client;
}
