/** The life of a session on real brokers: killed and back, taken over, hanging, ended in order and not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { mosquittoNeeds, prepareMosquitto, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { hasty, publisherUnderTest, unsuspicious } from '../../flow/publish/observed-publisher.ts';
import { observe } from '../../flow/publish/observer.ts';
import { forEachPacket, serve } from '../../flow/publish/raw-server.ts';
import { detectionsOf, eventOf } from '../../flow/publish/samples.ts';
import { until } from '../../flow/publish/waiting.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const state = 'goby/pi/state';
const events = 'goby/pi/front/events';
const isOnline = (payload: unknown) => JSON.stringify(payload) === '{"state":"online"}';
const isOffline = (payload: unknown) => JSON.stringify(payload) === '{"state":"offline"}';

for (const protocolVersion of [4, 5] as const) {
  testRequiring(
    mosquittoNeeds,
    `MQTT ${protocolVersion}: another client with our id is told, and not fought`,
    async (t) => {
      const broker = await startMosquitto(t, temporaryFolder(t));
      const { status, statuses } = publisherUnderTest(t, { address: broker.address, mqtt: { protocolVersion } });
      await status('connected');
      const twin = await connectAsync(broker.address, { clientId: 'goby-pi', protocolVersion, reconnectPeriod: 30 });
      t.teardown(() => twin.endAsync(true));
      twin.on('error', () => undefined);
      const { detail, waitUntilMs } = await status('disconnected', /another client/);
      t.regex(detail, /another client seems to use the id goby-pi too; give one of them another device\.id/);
      t.true(waitUntilMs! - performance.now() > hasty.contestedMs / 2, 'the next attempt is far');
      await until('the twin to have the session', () => twin.connected);
      t.is(statuses.at(-1)?.detail, detail, 'and stays so');
    },
  );

  testRequiring(
    mosquittoNeeds,
    `MQTT ${protocolVersion}: a broker killed while events go out loses none, and hears all state anew`,
    async (t) => {
      const broker = await startMosquitto(t, temporaryFolder(t));
      const observer = await observe(t, broker.address);
      const { publisher, status } = publisherUnderTest(t, {
        address: broker.address,
        mqtt: { protocolVersion },
        pace: unsuspicious,
      });
      await status('connected');
      publisher.presence({ camera: 'front', label: 'person', present: true, count: 1 });
      publisher.output('led', { on: true, pattern: 'steady', reason: 'rule' });
      await observer.message('goby/pi/output/led/state');

      for (let index = 0; index < 300; index++) publisher.event(eventOf(`before-${index}`));
      await until('some events', () => observer.of(events).length > 20);
      await broker.kill('SIGKILL');
      await status('disconnected');
      for (let index = 0; index < 50; index++) publisher.event(eventOf(`during-${index}`));
      publisher.detections(detectionsOf(['person']));
      await until('detections to be dropped', () => publisher.report().droppedTotal === 1);
      publisher.output('led', { on: false, pattern: 'steady', reason: 'rule' });
      publisher.output('led', { on: true, pattern: 'blink', reason: 'newest' });

      await broker.start();
      await status('connected');
      await until('all events to be acknowledged', () => publisher.report().waitingEvents === 0);
      // An observer that comes now sees only what the broker keeps, and that broker forgot all when it was killed.
      const late = await observe(t, broker.address);
      t.like(await late.message('goby/pi/output/led/state'), { state: 'ON', pattern: 'blink' });
      t.is(await late.message('goby/pi/front/object/person'), 'ON');
      t.true(isOnline(await late.message(state)));
      t.true(late.heard.every(({ retain }) => retain));
      t.is(publisher.report().lostEventsTotal, 0);
      t.is(publisher.report().droppedTotal, 1);

      await observer.send('goby/pi/request/ping', '{"transaction":"again"}');
      t.like(await observer.message('goby/pi/response/ping'), { transaction: 'again' });
    },
  );
}

testRequiring(
  mosquittoNeeds,
  'events that waited come in their order, marked as replayed, with their own times',
  async (t) => {
    const broker = await prepareMosquitto(t, temporaryFolder(t));
    const { publisher, status } = publisherUnderTest(t, { address: broker.address, start: false });
    publisher.start();
    await status('disconnected', /no session with .*ECONNREFUSED/);
    publisher.info({ version: 'early' });
    for (let index = 0; index < 1010; index++) publisher.event(eventOf(`${index}`));
    t.like(publisher.report(), { waitingEvents: 1000, lostEventsTotal: 10 });
    await broker.start();
    const observer = await observe(t, broker.address);
    // The observer may be late for what goes out at once; what counts here is that all was taken.
    await status('connected');
    t.like(await observer.message('goby/pi/info'), { version: 'early' });
    await until('all to be taken', () => publisher.report().waitingEvents === 0);
    publisher.event(eventOf('live'));
    await observer.message(events, (payload) => (payload as { id: string }).id === 'live');
    const heard = observer.of(events) as { id: string; replayed: boolean; start: string }[];
    t.deepEqual(
      heard.map(({ id }) => id),
      [...Array.from({ length: heard.length - 1 }, (_, index) => `${1010 - heard.length + 1 + index}`), 'live'],
    );
    t.true(heard.every(({ id, replayed }) => replayed === (id !== 'live')));
    t.true(heard.every(({ start }) => start === '2026-01-02T03:04:05.067Z'));
  },
);

/** A granted QoS of 1 for each filter of a SUBSCRIBE without properties, section 3.8.3. */
function filtersIn(body: Buffer): number[] {
  const codes: number[] = [];
  for (let at = 3; at < body.length; at += 2 + body.readUInt16BE(at) + 1) codes.push(1);
  return codes;
}

test('MQTT 5: no more messages are under way than the broker allows', async (t) => {
  // mosquitto tolerates more than it allows; this server counts, and answers three at a time.
  const unanswered: Buffer[] = [];
  let mostUnanswered = 0;
  let answered = 0;
  const port = await serve(t, (socket) =>
    forEachPacket(socket, (type, body) => {
      // CONNACK with Receive Maximum 3, section 3.2.2.3.3; SUBACK with a code per filter.
      if (type === 1) socket.write(Buffer.from([0x20, 6, 0, 0, 3, 0x21, 0, 3]));
      if (type === 8) {
        const codes = filtersIn(body);
        socket.write(Buffer.from([0x90, 3 + codes.length, ...body.subarray(0, 2), 0, ...codes]));
      }
      if (type !== 3) return;
      const idAt = 2 + body.readUInt16BE(0);
      unanswered.push(Buffer.from([0x40, 2, ...body.subarray(idAt, idAt + 2)]));
      mostUnanswered = Math.max(mostUnanswered, unanswered.length);
      if (unanswered.length !== 3) return;
      // Time for a fourth to come, were it on its way.
      setTimeout(() => {
        answered += unanswered.length;
        socket.write(Buffer.concat(unanswered.splice(0)));
      }, 5);
    }),
  );
  const { publisher, status } = publisherUnderTest(t, {
    address: `mqtt://127.0.0.1:${port}`,
    mqtt: { protocolVersion: 5 },
  });
  await status('connected');
  for (let index = 0; index < 50; index++) publisher.event(eventOf(`${index}`));
  await until('all to be taken', () => publisher.report().waitingEvents === 0);
  t.is(answered, 51, 'online and 50 events');
  t.is(mostUnanswered, 3);
});

test('a broker that hangs does not keep the stop from ending, nor the connection open', async (t) => {
  const sockets: Socket[] = [];
  const port = await serve(t, (socket) => {
    sockets.push(socket);
    // CONNACK, and not a word more.
    socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
    socket.resume();
  });
  const { publisher, status, statuses } = publisherUnderTest(t, { address: `mqtt://127.0.0.1:${port}` });
  await status('connected');
  publisher.event(eventOf('unanswered'));
  await publisher.stop();
  t.is(statuses.at(-1)?.state, 'stopped');
  await until('the end of the connection', () => sockets.every((socket) => socket.destroyed));
  t.is(publisher.report().waitingEvents, 1);
});

test('a command that comes while it says good-bye is not carried out', async (t) => {
  const topic = Buffer.from('goby/pi/output/led/set');
  const command = Buffer.concat([Buffer.from([0x30, topic.length + 4, 0, topic.length]), topic, Buffer.from('ON')]);
  let sent = 0;
  const port = await serve(t, (socket) =>
    forEachPacket(socket, (type, body) => {
      if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (type !== 3) return;
      const idAt = 2 + body.readUInt16BE(0);
      const acknowledgement = Buffer.concat([Buffer.from([0x40, 2]), body.subarray(idAt, idAt + 2)]);
      const isGoodbye = body.includes('offline');
      if (isGoodbye) sent += 1;
      socket.write(isGoodbye ? Buffer.concat([command, acknowledgement]) : acknowledgement);
    }),
  );
  const { publisher, status, switched } = publisherUnderTest(t, { address: `mqtt://127.0.0.1:${port}` });
  await status('connected');
  await publisher.stop();
  t.is(sent, 1);
  t.deepEqual(switched, []);
});

testRequiring(mosquittoNeeds, 'stopped before there was a broker, it is quiet', async (t) => {
  const broker = await prepareMosquitto(t, temporaryFolder(t));
  const { publisher, status, statuses } = publisherUnderTest(t, { address: broker.address });
  await status('disconnected');
  await publisher.stop();
  const told = statuses.length;
  await broker.start();
  const observer = await observe(t, broker.address);
  await observer.send('a', 'b');
  await observer.message('a');
  t.is(statuses.length, told);
  t.deepEqual(observer.of(state), []);
});

testRequiring(mosquittoNeeds, 'a process that is killed is told offline by its last will, retained', async (t) => {
  const broker = await startMosquitto(t, temporaryFolder(t));
  const observer = await observe(t, broker.address);
  const script = join(import.meta.dirname, 'fixtures', 'publisher-child.ts');
  const child = spawn(process.execPath, ['--import=tsx', script, broker.address], { stdio: 'inherit' });
  t.teardown(() => child.kill('SIGKILL'));
  await observer.message(state, isOnline);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await observer.message(state, isOffline);
  const late = await observe(t, broker.address);
  t.true(isOffline(await late.message(state)));
  t.true(late.heard[0]?.retain);
});

testRequiring(
  mosquittoNeeds,
  'an orderly stop says its last events, then offline, and leaves no second offline',
  async (t) => {
    const broker = await startMosquitto(t, temporaryFolder(t));
    const observer = await observe(t, broker.address);
    const { publisher, status } = publisherUnderTest(t, { address: broker.address });
    await status('connected');
    for (let index = 0; index < 250; index++) publisher.event(eventOf(`${index}`, { type: 'end', reason: 'stopped' }));
    await publisher.stop();
    await observer.message(state, isOffline);
    await observer.send('marker', 'x');
    await observer.message('marker');
    t.is(observer.of(events).length, 250);
    t.deepEqual(observer.of(state), [{ state: 'online' }, { state: 'offline' }]);
    t.is(observer.heard.at(-2)?.topic, state);
  },
);

test('goby never hears its own voice', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address);
  const { publisher, log, switched, status } = publisherUnderTest(t, { address });
  await status('connected');
  publisher.output('led', { on: true, pattern: 'steady', reason: 'rule' });
  publisher.detections(detectionsOf(['person']));
  publisher.event(eventOf('1'));
  await observer.message(events);
  await observer.send('goby/pi/output/led/set', 'OFF');
  await observer.message('goby/pi/response/output');
  t.deepEqual(switched, [['led', false]]);
  t.false(
    log.some((line) => line.includes('command')),
    'nothing of its own was taken for a command',
  );
  const { traffic } = publisher.report();
  t.deepEqual(
    [traffic.detections.messagesTotal, traffic.events.messagesTotal, traffic.responses.messagesTotal],
    [1, 1, 1],
  );
});

test('without a broker everything is let go, and nothing counts as dropped', async (t) => {
  const { publisher, statuses } = publisherUnderTest(t, { address: undefined });
  publisher.detections(detectionsOf(['person']));
  publisher.event(eventOf('1'));
  publisher.info({});
  t.deepEqual(statuses, [{ state: 'stopped', detail: 'mqtt.broker is off' }]);
  t.like(publisher.report(), { droppedTotal: 0, waitingEvents: 0, lostEventsTotal: 0 });
  await publisher.stop();
});
