/** Which of "online" and "offline" has the last word: that of the newest session, whenever the broker publishes a will. */
import { connect as connectSocket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { publisherUnderTest } from './observed-publisher.ts';
import { observe } from './observer.ts';
import { scriptedBroker } from './scripted-broker.ts';
import { until } from './waiting.ts';

const topic = 'goby/pi/state';
const offline = '{"state":"offline"}';
const online = '{"state":"online"}';

/** What somebody who comes now is told. */
async function retainedState(t: ExecutionContext, address: string): Promise<unknown> {
  const late = await observe(t, address);
  return ((await late.message(topic)) as { state: string }).state;
}

test('a will that the broker publishes late is answered; one that comes again and again is not fought without a pause', async (t) => {
  const broker = await scriptedBroker(t, { version: 4 });
  const { status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  await until('the subscription to its own state', () => broker.subscribed.includes(topic));
  for (let count = 0; count < 200; count++) broker.say(topic, offline, count === 0);
  await until('"online" again', () => broker.of(topic).length >= 2);
  await pause(300);
  t.true(broker.of(topic).length < 10, `${broker.of(topic).length} times`);
  t.deepEqual([...new Set(broker.of(topic))], [online]);
});

test('its own words are not taken for a will', async (t) => {
  const broker = await scriptedBroker(t, { version: 4 });
  const { status, publisher } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  await until('the subscription to its own state', () => broker.subscribed.includes(topic));
  broker.say(topic, online, true);
  broker.say(topic, 'nonsense');
  await pause(100);
  t.deepEqual(broker.of(topic), [online]);
  const stopping = publisher.stop();
  broker.say(topic, offline);
  await stopping;
  t.deepEqual(broker.of(topic), [online, offline], 'once it says good-bye it is quiet');
});

for (const version of [4, 5] as const) {
  test(`MQTT ${version}: a good-bye that the broker doesn't take leaves the will in force`, async (t) => {
    let isMute = false;
    const broker = await scriptedBroker(t, { version, answer: () => (isMute ? 'silence' : 0) });
    const { status, publisher } = publisherUnderTest(t, {
      address: broker.address,
      mqtt: { protocolVersion: version },
    });
    await status('connected');
    await until('"online" to be taken', () => broker.of(topic).length === 1);
    isMute = true;
    await publisher.stop();
    t.deepEqual(broker.disconnects, [], 'DISCONNECT would make the broker forget the will');
  });
}

test('MQTT 5: a good-bye that is refused leaves the will in force', async (t) => {
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: ({ payload }) => (payload.includes('offline') ? 0x97 : 0),
  });
  const { status, publisher } = publisherUnderTest(t, { address: broker.address, mqtt: { protocolVersion: 5 } });
  await status('connected');
  await publisher.stop();
  t.deepEqual(broker.disconnects, []);
});

test('MQTT 5: "online" that is refused for a while is said until it is taken', async (t) => {
  let refusals = 3;
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: (one) => (one.topic === topic && refusals-- > 0 ? 0x97 : 0),
  });
  const { status } = publisherUnderTest(t, { address: broker.address, mqtt: { protocolVersion: 5 } });
  await status('connected');
  await until('"online"', () => broker.of(topic).length === 1);
  t.is(broker.sessions, 1);
});

test('on its own broker a killed session is offline, and the next one online', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address);
  const socket = connectSocket(broker.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  // CONNECT of MQTT 3.1.1 as goby-pi, with the will retained at QoS 1: section 3.1.
  const text = (value: string) =>
    Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value)]);
  const body = Buffer.concat([
    Buffer.from([0, 4, 77, 81, 84, 84, 4, 0b0010_1110, 0, 0]),
    text('goby-pi'),
    text(topic),
    text(offline),
  ]);
  socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
  await until('its session', () => socket.bytesRead > 0 || socket.readableLength > 0);
  const { status } = publisherUnderTest(t, { address });
  await status('connected');
  await until('a word of it', () => observer.of(topic).length > 0);
  await pause(300);
  t.is((observer.of(topic).at(-1) as { state: string }).state, 'online');
  t.is(await retainedState(t, address), 'online');
});
