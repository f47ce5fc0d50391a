/** A process with goby's outbox and publisher and nothing before them: events of many lives, at a rate. Told what to do over IPC. */
import { configSchema } from '../../src/config/schema.ts';
import { Outbox } from '../../src/flow/publish/outbox/outbox.ts';
import { createPublisher } from '../../src/flow/publish/publisher.ts';
import type { Event, EventType } from '../../src/flow/track/event.ts';
import { silentLogger } from '../../src/logger.ts';
import { type DeviceClock, SystemDeviceClock } from '../../src/system/service/clock.ts';
import { eventOf } from '../flow/publish/samples.ts';

export interface SourceStatus {
  readonly readyTo: number;
  readonly waitingEvents: number;
  readonly lostEventsTotal: number;
  readonly disk: string;
  /** What was said of the disk last. */
  readonly diskFault: string;
}

export type SourceOrder = { readonly kind: 'jump'; readonly ms: number } | { readonly kind: 'quiet' };

const [address = '', folder = '', perSecond = '200'] = process.argv.slice(2);
const system = new SystemDeviceClock();
await system.start();
let jumpedMs = 0;
const clock: DeviceClock = {
  wallMs: () => Date.now() + jumpedMs,
  sinceBootMs: () => system.sinceBootMs(),
  monotonicOriginMs: system.monotonicOriginMs,
  bootId: system.bootId,
  synchronised: true,
};
const { mqtt, publish } = configSchema.parse({});
let disk = '';
let diskFault = '';
let quiet = false;
const outbox = new Outbox({
  ...publish.outbox,
  folder,
  clock,
  logger: silentLogger,
  onStatus: ({ state, detail }) => {
    disk = state;
    diskFault = detail;
  },
});
const publisher = createPublisher({
  address,
  mqtt,
  publish,
  deviceId: 'faults',
  handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined },
  logger: silentLogger,
  outbox,
  clock,
  onStatus: () => undefined,
});
process.on('message', (order: SourceOrder) => {
  if (order.kind === 'jump') jumpedMs += order.ms;
  else quiet = true;
});
process.on('disconnect', () => process.exit());
publisher.start();
await outbox.open();

/** Lives that go on beside each other, and messages of each. */
const lives = 5;
const messagesOfLife = 8;
const run = `${process.pid}-${Math.round(system.sinceBootMs())}`;
const starts = new Map<string, Pick<Event, 'startMs' | 'startMonotonicMs'>>();
let count = 0;

function emit(): void {
  const turn = Math.floor(count / lives);
  const id = `${run}-${Math.floor(turn / messagesOfLife)}-${count % lives}`;
  const step = turn % messagesOfLife;
  count += 1;
  const type: EventType = step === 0 ? 'new' : step === messagesOfLife - 1 ? 'end' : 'update';
  const now = { startMs: clock.wallMs(), startMonotonicMs: performance.now() };
  const start = starts.get(id) ?? now;
  starts.set(id, start);
  if (type === 'end') starts.delete(id);
  const end = { endMs: now.startMs, endMonotonicMs: now.startMonotonicMs, reason: 'gone' } as const;
  publisher.event(eventOf(id, { type, label: 'person', ...start, ...(type === 'end' ? end : {}) }));
}

const intervalMs = 10;
let owed = 0;
setInterval(() => {
  if (!quiet) for (owed += (Number(perSecond) * intervalMs) / 1000; owed >= 1; owed--) emit();
}, intervalMs);
setInterval(() => {
  const { waitingEvents, lostEventsTotal } = publisher.report();
  const status: SourceStatus = { readyTo: outbox.readyTo, waitingEvents, lostEventsTotal, disk, diskFault };
  process.send?.(status);
}, intervalMs);
