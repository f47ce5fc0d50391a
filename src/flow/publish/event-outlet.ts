/** The way of an event out: into the outbox, and from there to the broker as a message. */
import type { OutboxConfig } from '../../config/outbox-section.ts';
import { silentLogger } from '../../logger.ts';
import { type DeviceClock, SystemDeviceClock } from '../../system/service/clock.ts';
import type { RandomSource } from '../../system/service/retry.ts';
import type { Event } from '../track/event.ts';
import type { Delivery, Message } from './message.ts';
import { Outbox, type OutboxReport } from './outbox/outbox.ts';
import { OutboxSender } from './outbox/outbox-sender.ts';
import { eventMessage } from './payloads.ts';
import type { Topics } from './topics.ts';
import { within } from './within.ts';

export interface EventOutletOptions {
  readonly topics: Topics;
  readonly config: OutboxConfig;
  /** Opened by whoever made it; absent: events are kept in memory. */
  readonly outbox?: Outbox | undefined;
  readonly clock?: DeviceClock | undefined;
  readonly random?: RandomSource | undefined;
  send(message: Message): Promise<Delivery>;
  isConnected(): boolean;
  /** What an event has to wait for before it is sent; undefined: nothing. */
  before?: ((event: Event) => Promise<void> | undefined) | undefined;
}

export interface EventOutlet {
  add(event: Event): void;
  /** There is a new session. */
  connected(): void;
  report(): OutboxReport;
  /** Lets the last events out, if they go soon; the others are there at the next start. */
  stop(): Promise<void>;
}

/** An event that waits for its snapshot goes without it after this long. */
const longestWaitMs = 2000;
/** Longest wait for the broker to take the last events. */
const farewellMs = 1500;

export function createEventOutlet(options: EventOutletOptions): EventOutlet {
  const { topics, config, clock = new SystemDeviceClock(), random, send, isConnected, before } = options;
  const outbox = options.outbox ?? inMemory(config, clock);
  const sender = new OutboxSender({
    outbox,
    clock,
    random,
    maxAgeMs: config.maxAgeMs,
    send: ({ event, ...telling }) => {
      const sendNow = () => send(eventMessage(topics, event, telling));
      // Other events overtake one that waits for its picture; the events of one life keep their order.
      const waiting = telling.replayed ? undefined : before?.(event);
      return waiting === undefined ? sendNow() : within(longestWaitMs, waiting).then(sendNow);
    },
    isConnected,
  });
  return {
    add: (event) => outbox.add(event, isConnected()),
    connected: () => sender.connected(),
    report: () => outbox.report(),
    stop: async () => {
      await within(farewellMs, sender.idle());
      sender.stop();
      await outbox.close();
    },
  };
}

function inMemory(config: OutboxConfig, clock: DeviceClock): Outbox {
  const outbox = new Outbox({ ...config, folder: undefined, clock, logger: silentLogger });
  void outbox.open();
  return outbox;
}
