/** Brokers that don't take every packet: for its length, for its topic, told before, told afterwards, or never told. */
import test from 'ava';
import { connectAsync } from 'mqtt';
import sharp from 'sharp';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { keepingSmaller } from '../../../src/flow/snapshot/smaller-jpeg.ts';
import { publisherUnderTest } from './observed-publisher.ts';
import { snapshotOf } from './pictures.ts';
import { eventOf } from './samples.ts';
import { type Published, scriptedBroker } from './scripted-broker.ts';
import { until } from './waiting.ts';

const picture = 'goby/pi/front/snapshot/person';
const events = 'goby/pi/front/events';

const isLong = ({ bodyBytes }: Published): boolean => bodyBytes > 10_000;

for (const [how, version, answer] of [
  ['closes without a word', 4, 'close'],
  ['closes without a word', 5, 'close'],
  ['ends the session with "packet too large" that it never announced', 5, { disconnect: 0x95 }],
] as const) {
  test(`a broker of MQTT ${version} that ${how} is sent smaller pictures, six of them too`, async (t) => {
    const broker = await scriptedBroker(t, { version, answer: (published) => (isLong(published) ? answer : 0) });
    const { publisher, log, status } = publisherUnderTest(t, {
      address: broker.address,
      mqtt: { protocolVersion: version },
    });
    await status('connected');
    const labels = ['person', 'cat', 'dog', 'car', 'bus', 'bird'];
    for (const label of labels) await publisher.snapshot(await snapshotOf(label));
    publisher.event(eventOf('1'));
    const pictures = () =>
      new Set(broker.taken.map(({ topic }) => topic).filter((topic) => topic.includes('snapshot')));
    await until(
      () => `all pictures, got ${[...pictures()]}\n${log.slice(-10).join('\n')}`,
      () => pictures().size === labels.length,
    );
    await until('the event', () => publisher.report().waitingEvents === 0);
    const ends = broker.sessions - 1;
    t.true(ends <= 5, `${ends} sessions ended`);
    t.false(log.some((line) => line.includes('another client')));
    t.is(log.filter((line) => line.includes('Pictures of that length go out smaller')).length > 0, true);
  });
}

test('a broker that takes no pictures at all gets everything else, and goby is told once', async (t) => {
  const broker = await scriptedBroker(t, { version: 4, answer: ({ bodyBytes }) => (bodyBytes > 900 ? 'close' : 0) });
  const { publisher, log, status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  for (const label of ['person', 'cat']) await publisher.snapshot(await snapshotOf(label));
  for (let index = 0; index < 30; index++) publisher.event(eventOf(`${index}`));
  await until(
    () => `the events: ${JSON.stringify(publisher.report())}`,
    () => publisher.report().waitingEvents === 0,
  );
  await until(
    () => `a session that lasts\n${log.slice(-10).join('\n')}`,
    () => log.some((line) => line.includes("can't be made small enough")),
  );
  const { sessions } = broker;
  await publisher.snapshot(await snapshotOf());
  publisher.event(eventOf('later'));
  await until('the event', () => publisher.report().waitingEvents === 0);
  t.is(broker.sessions, sessions, 'the session stays');
  t.is(publisher.report().lostEventsTotal, 0);
});

test('a broker that ends the session at a topic gets everything else', async (t) => {
  const broker = await scriptedBroker(t, { version: 4, answer: ({ topic }) => (topic.endsWith('info') ? 'close' : 0) });
  const { publisher, log, status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  publisher.info({ version: '1' });
  for (let index = 0; index < 30; index++) publisher.event(eventOf(`${index}`));
  await until(
    () => `the events\n${log.slice(-10).join('\n')}`,
    () => publisher.report().waitingEvents === 0,
  );
  await until('a word about it', () => log.some((line) => /goby\/pi\/info.*this topic is left out/.test(line)));
  await status('connected');
  const { sessions } = broker;
  publisher.info({ version: '2' });
  publisher.event(eventOf('later'));
  await until('the event', () => publisher.report().waitingEvents === 0);
  t.is(broker.sessions, sessions);
  t.is(publisher.report().lostEventsTotal, 0);
});

test('one event that a broker can not digest is left out and counted, the others go on', async (t) => {
  const broker = await scriptedBroker(t, {
    version: 4,
    answer: ({ payload }) => (payload.includes('"poison"') ? 'close' : 0),
  });
  const { publisher, log, status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  for (let index = 0; index < 30; index++) publisher.event(eventOf(index === 15 ? 'poison' : `${index}`));
  await until(
    () => `the events\n${log.slice(-10).join('\n')}`,
    () => publisher.report().waitingEvents === 0,
  );
  t.is(publisher.report().lostEventsTotal, 1);
  t.is(new Set(broker.of(events).map((payload) => JSON.parse(payload).id)).size, 29);
});

test('a message without an answer, where others get theirs, is left out after the second time', async (t) => {
  const broker = await scriptedBroker(t, {
    version: 4,
    answer: ({ payload }) => (payload.includes('"mute"') ? 'silence' : 0),
  });
  const { publisher, log, status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  for (let index = 0; index < 10; index++) publisher.event(eventOf(index === 5 ? 'mute' : `${index}`));
  await until(
    () => `the events\n${log.slice(-10).join('\n')}`,
    () => publisher.report().waitingEvents === 0,
  );
  t.is(publisher.report().lostEventsTotal, 1);
  t.true(log.some((line) => line.includes('answers none on goby/pi/front/events')));
});

test("goby's own broker takes goby's own pictures, the largest that can be configured", async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const client = await connectAsync(address);
  t.teardown(() => client.endAsync(true));
  const heard: Buffer[] = [];
  client.on('message', (_topic, payload) => heard.push(payload));
  await client.subscribeAsync(picture);
  const { publisher, status, statuses } = publisherUnderTest(t, {
    address,
    longestPacketBytes: broker.longestPacketBytes,
  });
  await status('connected');
  const { jpeg } = await snapshotOf('person', 4096);
  t.true(jpeg.byteLength > 3_000_000, `${jpeg.byteLength} bytes`);
  await publisher.snapshot({ camera: 'front', label: 'person', jpeg, smaller: keepingSmaller(jpeg), capturedAtMs: 0 });
  publisher.event(eventOf('1'));
  await until('the event', () => publisher.report().waitingEvents === 0);
  await until('the picture', () => heard.length > 0);
  t.is((await sharp(heard[0]!).metadata()).format, 'jpeg');
  t.deepEqual(
    statuses.filter(({ state }) => state === 'disconnected'),
    [],
  );
});
