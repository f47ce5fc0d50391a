/** Bench: how fast events are made durable, and how fast a broker that is back takes what has waited. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import { Outbox } from '../../flow/publish/outbox/outbox.ts';
import { createPublisher } from '../../flow/publish/publisher.ts';
import type { Event } from '../../flow/track/event.ts';
import { silentLogger } from '../../logger.ts';
import { SystemDeviceClock } from '../../system/service/clock.ts';
import { startLoopbackBroker } from './loopback-broker.ts';

export interface OutboxBench {
  readonly events: number;
  /** Added, written and synced; the rate until the last of them would survive a power cut. */
  readonly durablePerSecond: number;
  readonly syncIntervalMs: number;
  readonly broker: 'mosquitto' | 'embedded';
  /** From the start of the session to the broker's last answer. */
  readonly drainedPerSecond: number;
  readonly lost: number;
}

export interface OutboxBenchOptions {
  readonly config: Config;
  /** The folder is made on this one's disk. */
  readonly stateDir: string;
  readonly events: number;
  readonly onProgress: (done: number) => void;
}

/** Added before the disk is waited for, as from cameras that see very much. */
const burst = 100;

/** @throws UnavailableError when the folder can't be written or no broker starts */
export async function measureOutbox({
  config,
  stateDir,
  events,
  onProgress,
}: OutboxBenchOptions): Promise<OutboxBench> {
  await mkdir(stateDir, { recursive: true });
  const folder = await mkdtemp(join(stateDir, 'bench-outbox-'));
  const broker = await startLoopbackBroker();
  const clock = new SystemDeviceClock();
  const { syncIntervalMs, maxBytes } = config.publish.outbox;
  const outbox = new Outbox({ folder, maxBytes, syncIntervalMs, clock, logger: silentLogger });
  try {
    await outbox.open();
    const fromMs = performance.now();
    for (let done = 0; done < events; done += burst) {
      for (let index = 0; index < burst; index++) outbox.add(eventOf(done + index), false);
      while (outbox.readyTo < done + burst) await pause(0);
      onProgress((done + burst) / 2);
    }
    while (outbox.durableTo < events) await pause(1);
    const durableMs = performance.now() - fromMs;
    const drainedMs = await drain({ config, outbox, clock, address: broker.address, onProgress, events });
    return {
      events,
      durablePerSecond: (events * 1000) / durableMs,
      syncIntervalMs,
      broker: broker.kind,
      drainedPerSecond: (events * 1000) / drainedMs,
      lost: outbox.report().lostEventsTotal,
    };
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Drain extends Pick<OutboxBenchOptions, 'config' | 'events' | 'onProgress'> {
  readonly outbox: Outbox;
  readonly clock: SystemDeviceClock;
  readonly address: string;
}

async function drain({ config, outbox, clock, address, events, onProgress }: Drain): Promise<number> {
  const publisher = createPublisher({
    address,
    mqtt: { ...config.mqtt, username: undefined },
    publish: config.publish,
    deviceId: 'bench',
    handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined },
    logger: silentLogger,
    outbox,
    clock,
    onStatus: () => undefined,
  });
  const fromMs = performance.now();
  publisher.start();
  for (;;) {
    const { waitingEvents } = publisher.report();
    onProgress(events - waitingEvents / 2);
    if (waitingEvents === 0) break;
    await pause(2);
  }
  const drainedMs = performance.now() - fromMs;
  await publisher.stop();
  return drainedMs;
}

function eventOf(index: number): Event {
  return {
    type: index % 3 === 0 ? 'new' : index % 3 === 1 ? 'update' : 'end',
    id: `bench-${Math.floor(index / 3)}`,
    camera: 'bench',
    label: 'person',
    score: 0.5,
    box: [0.1, 0.2, 0.3, 0.4],
    zones: [],
    enteredZones: [],
    stationary: false,
    crossings: [],
    startMs: Date.now(),
    startMonotonicMs: performance.now(),
    backend: 'cpu',
    modelSha256: '0'.repeat(64),
  };
}
