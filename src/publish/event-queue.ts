/** Events wait here until the broker has taken them. In memory and bounded: what an outbox on disk would implement too. */
import type { Event } from '../track/event.ts';
import type { Delivery } from './message.ts';

export interface EventQueue {
  /** Takes an event and sends it when it can be. */
  add(event: Event): void;
  /** Sends what waits, oldest first. To be called on every connect. */
  resend(): void;
  readonly waiting: number;
  /** Events given up because too many waited or the broker refused them. */
  readonly lostTotal: number;
}

interface WaitingEvent {
  readonly event: Event;
  /** It could not be handed over when it happened, or nobody knows whether it was. */
  replayed: boolean;
  sending: boolean;
}

export interface EventQueueOptions {
  /** Resolves once the broker has it (`taken`), won't have it (`refused`), or there is no session (`unsent`). */
  send(event: Event, replayed: boolean): Promise<Delivery>;
  /** Events that wait at most; the oldest is lost first. */
  readonly most?: number;
}

export function createEventQueue({ send, most = 1000 }: EventQueueOptions): EventQueue {
  // A set keeps the order of insertion, and forgets any entry at once.
  const entries = new Set<WaitingEvent>();
  let lostTotal = 0;

  const attempt = async (entry: WaitingEvent): Promise<void> => {
    entry.sending = true;
    const delivery = await send(entry.event, entry.replayed);
    entry.sending = false;
    entry.replayed = true;
    if (delivery === 'unsent') return;
    if (entries.delete(entry) && delivery === 'refused') lostTotal += 1;
  };

  return {
    add: (event) => {
      const [oldest] = entries;
      if (oldest && entries.size >= most) {
        entries.delete(oldest);
        lostTotal += 1;
      }
      const entry = { event, replayed: false, sending: false };
      entries.add(entry);
      void attempt(entry);
    },
    resend: () => {
      for (const entry of entries) if (!entry.sending) void attempt(entry);
    },
    get waiting() {
      return entries.size;
    },
    get lostTotal() {
      return lostTotal;
    },
  };
}
