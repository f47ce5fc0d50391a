/** MQTT 5 as it is on the wire, with Debian's mosquitto: how long events are wanted, and how many are under way at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { configSchema } from '../../../src/config/schema.ts';
import { Outbox } from '../../../src/flow/publish/outbox/outbox.ts';
import { createPublisher, type Publisher } from '../../../src/flow/publish/publisher.ts';
import { silentLogger } from '../../../src/logger.ts';
import type { DeviceClock } from '../../../src/system/service/clock.ts';
import { FaultProxy } from '../../faults/fault-proxy.ts';
import { mosquittoNeeds, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { hasty } from '../../flow/publish/observed-publisher.ts';
import { eventOf, startMs } from '../../flow/publish/samples.ts';
import { until } from '../../flow/publish/waiting.ts';
import { WireTap } from '../../flow/publish/wire-tap.ts';
import { testRequiring } from '../../requiring.ts';

const hourMs = 3_600_000;
const mqtt5 = { protocolVersion: 5 as const, reconnectPeriod: 0 };

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'goby-mqtt5-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A publisher with an outbox on disk, and a clock that is moved by hand. */
async function publisherAt(
  t: ExecutionContext,
  address: string,
): Promise<{ publisher: Publisher; pass(ms: number): void }> {
  let passedMs = 0;
  const clock: DeviceClock = {
    wallMs: () => startMs + passedMs,
    sinceBootMs: () => 1000 + passedMs,
    monotonicOriginMs: 0,
    bootId: 'boot',
    synchronised: true,
  };
  const { mqtt, publish } = configSchema.parse({
    mqtt: { broker: address, protocolVersion: 5 },
    publish: { outbox: { maxAgeMs: hourMs } },
  });
  const outbox = new Outbox({
    ...publish.outbox,
    folder: folderOf(t),
    clock,
    logger: silentLogger,
    onStatus: () => undefined,
  });
  const publisher = createPublisher({
    address,
    mqtt,
    publish,
    deviceId: 'pi',
    handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined },
    logger: silentLogger,
    outbox,
    clock,
    pace: hasty,
    onStatus: () => undefined,
  });
  t.teardown(() => publisher.stop());
  publisher.start();
  await outbox.open();
  return {
    publisher,
    pass: (ms) => {
      passedMs += ms;
    },
  };
}

testRequiring(mosquittoNeeds, 'an event that waited has that much less time to live on the wire', async (t) => {
  const broker = await startMosquitto(t, folderOf(t));
  const outage = new FaultProxy(broker.port);
  await outage.open();
  t.teardown(() => outage.close());
  await outage.close();
  const client = await connectAsync(broker.address, mqtt5);
  t.teardown(() => client.endAsync(true));
  const heard: { id: string; replayed: boolean; expires: number | undefined }[] = [];
  client.on('message', (_topic, payload, { properties }) => {
    const { id, replayed } = JSON.parse(payload.toString());
    heard.push({ id, replayed, expires: properties?.messageExpiryInterval });
  });
  await client.subscribeAsync('goby/pi/front/events', { qos: 1 });

  const { publisher, pass } = await publisherAt(t, outage.address);
  publisher.event(eventOf('waits'));
  await until('the event to be on disk', () => publisher.report().waitingEvents === 1);
  pass(20 * 60_000);
  await outage.open();
  await until('the event that waited', () => heard.length > 0);
  publisher.event(eventOf('fresh'));
  await until('both events', () => heard.some(({ id }) => id === 'fresh'));
  const replayed = heard.find(({ id }) => id === 'waits');
  const fresh = heard.find(({ id }) => id === 'fresh')!;
  t.true(replayed?.replayed, 'it is told as one that waited');
  t.is(replayed?.expires, 40 * 60);
  t.false(fresh.replayed);
  t.is(fresh.expires, 60 * 60);
});

testRequiring(mosquittoNeeds, 'never more at QoS 1 under way than the broker takes, and no fewer', async (t) => {
  const receiveMaximum = 7;
  const broker = await startMosquitto(t, folderOf(t), [
    'allow_anonymous true',
    `max_inflight_messages ${receiveMaximum}`,
    'max_queued_messages 0',
  ]);
  const client = await connectAsync(broker.address, mqtt5);
  t.teardown(() => client.endAsync(true));
  const ids = new Set<string>();
  client.on('message', (_topic, payload) => ids.add(JSON.parse(payload.toString()).id));
  await client.subscribeAsync('goby/pi/front/events', { qos: 0 });
  const tap = new WireTap(broker.port);
  await tap.open(t);
  const { publisher } = await publisherAt(t, tap.address);
  publisher.event(eventOf('first'));
  await until('the session', () => ids.has('first'));

  tap.hold();
  const count = 300;
  for (let index = 0; index < count; index++) publisher.event(eventOf(`e${index}`));
  await until('the window to be full', () => tap.underWay >= receiveMaximum);
  await until('all to be on disk', () => publisher.report().waitingEvents >= count);
  tap.release();
  await until('all events', () => ids.size === count + 1);
  t.is(tap.mostUnderWay, receiveMaximum);
  t.true(tap.publishes > count);
});
