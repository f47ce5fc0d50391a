/** An outbox on a real folder with a broker that answers as it is told, and a clock that is a number. */
import type { ExecutionContext } from 'ava';
import type { Delivery } from '../../../../src/flow/publish/message.ts';
import { Outbox } from '../../../../src/flow/publish/outbox/outbox.ts';
import { OutboxSender, type Outgoing } from '../../../../src/flow/publish/outbox/outbox-sender.ts';
import { silentLogger } from '../../../../src/logger.ts';
import type { DeviceClock } from '../../../../src/system/service/clock.ts';
import { until } from '../waiting.ts';

export interface MutableClock extends DeviceClock {
  wall: number;
  sinceBoot: number;
  bootId: string;
  synchronised: boolean | undefined;
}

export function clockAt(wall: number, changes: Partial<MutableClock> = {}): MutableClock {
  return {
    wall,
    sinceBoot: 1500,
    bootId: 'boot-1',
    synchronised: true,
    monotonicOriginMs: 0,
    wallMs() {
      return this.wall;
    },
    sinceBootMs() {
      return this.sinceBoot;
    },
    ...changes,
  };
}

export interface OutboxUnderTest {
  readonly outbox: Outbox;
  readonly sent: Outgoing[];
  readonly statuses: string[];
  /** `id` of each sent, with `replayed` behind those that are. */
  told(): string[];
  connect(answer: Delivery | 'never'): void;
  disconnect(): void;
  answer(answer: Delivery | 'never'): void;
  /** Waits until the broker has everything. */
  drained(): Promise<void>;
}

export interface OutboxUnderTestOptions {
  readonly folder: string | undefined;
  readonly clock: DeviceClock;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

export function outboxUnderTest(t: ExecutionContext, options: OutboxUnderTestOptions): OutboxUnderTest {
  const { folder, clock, maxBytes = 67_108_864, maxAgeMs = 604_800_000 } = options;
  const statuses: string[] = [];
  const sent: Outgoing[] = [];
  let connected = false;
  let reply: Delivery | 'never' = 'unsent';
  const outbox = new Outbox({
    folder,
    maxBytes,
    syncIntervalMs: 100,
    clock,
    logger: silentLogger,
    onStatus: ({ state, detail }) => statuses.push(`${state}: ${detail}`),
  });
  const sender = new OutboxSender({
    outbox,
    clock,
    maxAgeMs,
    isConnected: () => connected,
    send: (outgoing) => {
      sent.push(outgoing);
      return reply === 'never' ? new Promise(() => undefined) : Promise.resolve(reply);
    },
  });
  t.teardown(async () => {
    sender.stop();
    await outbox.close();
  });
  return {
    outbox,
    sent,
    statuses,
    told: () => sent.map(({ event, replayed }) => `${event.id}${replayed ? ' replayed' : ''}`),
    connect: (answer) => {
      connected = true;
      reply = answer;
      sender.connected();
    },
    disconnect: () => {
      connected = false;
      reply = 'unsent';
    },
    answer: (answer) => {
      reply = answer;
    },
    drained: () =>
      until(
        () => `nothing to wait: ${JSON.stringify(outbox.report())}`,
        () => outbox.report().waitingEvents === 0,
      ),
  };
}
