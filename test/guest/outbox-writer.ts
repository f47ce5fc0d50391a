/**
 * Runs inside the guest until the power is cut: says what the outbox of earlier runs holds, then adds events and says how far
 * they are written and synced. Nothing is sent, so that every event ever written must still be there.
 */
import { randomUUID } from 'node:crypto';
import { configSchema } from '../../src/config/schema.ts';
import { Outbox } from '../../src/flow/publish/outbox/outbox.ts';
import { SegmentReader } from '../../src/flow/publish/outbox/segment-reader.ts';
import { SegmentStore } from '../../src/flow/publish/outbox/segment-store.ts';
import type { EventType } from '../../src/flow/track/event.ts';
import { silentLogger } from '../../src/logger.ts';
import { SystemDeviceClock } from '../../src/system/service/clock.ts';
import { eventOf } from '../flow/publish/samples.ts';

const [folder = '', perSecond = '50'] = process.argv.slice(2);
const tell = (kind: string, facts: object): void => console.log(`<<${kind} ${JSON.stringify(facts)}>>`);

tell('found', await found());

const clock = new SystemDeviceClock();
await clock.start();
const { publish } = configSchema.parse({});
const outbox = new Outbox({ ...publish.outbox, folder, clock, logger: silentLogger });
await outbox.open();

const types: readonly EventType[] = ['new', 'update', 'update', 'end'];
let count = 0;
let id = '';

function emit(): void {
  const type = types[count % types.length]!;
  if (type === 'new') id = randomUUID();
  count += 1;
  const now = { startMs: clock.wallMs(), startMonotonicMs: performance.now() };
  const end = { endMs: now.startMs, endMonotonicMs: now.startMonotonicMs, reason: 'gone' } as const;
  outbox.add(eventOf(id, { type, label: 'person', ...now, ...(type === 'end' ? end : {}) }), false);
}

setInterval(emit, 1000 / Number(perSecond));
setInterval(() => tell('at', { written: outbox.readyTo, durable: outbox.durableTo }), 50);

/** Every record in the files: how many, whether one is missing or there twice, and whole lines that can't be read. */
async function found(): Promise<object> {
  const store = new SegmentStore(folder);
  await store.open();
  const sequences: number[] = [];
  let damaged = 0;
  for (const first of store.firsts) {
    const reader = new SegmentReader((await store.read(first))?.bytes ?? Buffer.alloc(0));
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      if (line.kind === 'event') sequences.push(line.record.sequence);
    }
    damaged += reader.damagedTotal;
  }
  await store.close();
  const gaps = sequences.filter((sequence, index) => sequence !== index + 1).length;
  return { last: sequences.at(-1) ?? 0, gaps, damaged };
}
