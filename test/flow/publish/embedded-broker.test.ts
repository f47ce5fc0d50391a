/** What clients do to the embedded broker: none may stop it, fill it, or keep the others waiting. */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { observe } from './observer.ts';
import { until } from './waiting.ts';

async function startBroker(t: ExecutionContext) {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  return { broker, port: broker.port, address: `mqtt://127.0.0.1:${broker.port}` };
}

/** CONNECT of MQTT 3.1.1, clean session, no keep-alive, client id `raw`. */
const connectPacket = Buffer.from([0x10, 15, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 3, 114, 97, 119]);

/** A client that is only a socket. */
async function rawClient(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(connectPacket);
  await once(socket, 'readable');
  return socket;
}

/** SUBSCRIBE to # at QoS 0. */
const subscribePacket = Buffer.from([0x82, 6, 0, 1, 0, 1, 35, 0]);

/** A client that subscribes to everything, and reads nothing of it. */
async function deafClient(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = await rawClient(t, port);
  socket.write(subscribePacket);
  return socket;
}

/** Resolves when the socket is closed, however it ended: a reset while writing is an end too. */
function closing(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('a packet that grows beyond the limit ends its session before it is whole, and no other', async (t) => {
  const { port, address } = await startBroker(t);
  const observer = await observe(t, address);
  const socket = await rawClient(t, port);
  socket.resume();
  const closed = closing(socket);
  // PUBLISH that announces 256 MB.
  socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 97]));
  const chunk = Buffer.alloc(65_536);
  const feed = setInterval(() => {
    if (!socket.destroyed && socket.bytesWritten < 64_000_000) socket.write(chunk);
  }, 1);
  t.teardown(() => clearInterval(feed));
  await closed;
  t.true(socket.bytesWritten < 16_000_000, `ended after ${socket.bytesWritten} bytes`);
  await observer.send('still', 'here');
  t.is(await observer.message('still'), 'here');
});

test('garbage ends its session, and no other', async (t) => {
  const { port, address } = await startBroker(t);
  const observer = await observe(t, address);
  const socket = await rawClient(t, port);
  socket.resume();
  const closed = closing(socket);
  socket.write(Buffer.alloc(100, 0xff));
  await closed;
  await observer.send('still', 'here');
  t.is(await observer.message('still'), 'here');
});

test('a subscriber that reads nothing keeps the others waiting for moments only', async (t) => {
  const { address, port } = await startBroker(t);
  await deafClient(t, port);
  const observer = await observe(t, address);
  const payload = 'x'.repeat(50_000);
  for (let index = 0; index < 1000; index++) void observer.send('news', payload, { qos: 0 });
  await until('all news to the observer that reads', () => observer.of('news').length === 1000);
  t.is(observer.of('news').length, 1000);
});

test('nothing is kept for a client that has gone, also when it asks for that', async (t) => {
  const { address } = await startBroker(t);
  const options = { clientId: 'forgetful', clean: false, reconnectPeriod: 0 };
  const first = await connectAsync(address, options);
  await first.subscribeAsync('news', { qos: 1 });
  await first.endAsync();
  const observer = await observe(t, address);
  await observer.send('news', 'missed');
  const second = await connectAsync(address, options);
  t.teardown(() => second.endAsync(true));
  const heard: string[] = [];
  second.on('message', (_topic, payload) => heard.push(payload.toString()));
  await second.subscribeAsync('news', { qos: 1 });
  await observer.send('news', 'present');
  await until('the present news', () => heard.includes('present'));
  t.deepEqual(heard, ['present']);
});

test('it stops with clients that stay, read nothing, or say nothing', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address, { reconnectPeriod: 0 });
  await deafClient(t, broker.port);
  const mute = connectSocket(broker.port, '127.0.0.1');
  t.teardown(() => mute.destroy());
  mute.on('error', () => undefined);
  await once(mute, 'connect');
  await broker.stop();
  await until('the end of the observer', () => !observer.isConnected);
  const late = connectSocket(broker.port, '127.0.0.1');
  const [error] = await once(late, 'error');
  t.is(error.code, 'ECONNREFUSED');
});

test('a broker that is there already is left alone', async (t) => {
  const { broker, address } = await startBroker(t);
  const observer = await observe(t, address);
  const second = await startEmbeddedBroker({ host: '127.0.0.1', port: broker.port });
  t.not(second.port, broker.port);
  const other = await observe(t, `mqtt://127.0.0.1:${second.port}`);
  await other.send('whose', 'second');
  await other.message('whose');
  await second.stop();
  await observer.send('whose', 'first');
  t.deepEqual([await observer.message('whose'), observer.of('whose').length], ['first', 1]);
});

test('an address of another machine is a sentence that names the key', async (t) => {
  await t.throwsAsync(startEmbeddedBroker({ host: '203.0.113.7', port: 0 }), {
    name: 'UnavailableError',
    message: /can't listen on 203\.0\.113\.7:0: .*Set mqtt\.embedded\.host/,
  });
});

test('a retained message that others overtake inside the broker reaches everybody all the same', async (t) => {
  const { address } = await startBroker(t);
  const observer = await observe(t, address);
  for (let round = 0; round < 50; round++) {
    void observer.send(`kept/${round}`, 'a', { qos: 0, retain: true });
    void observer.send(`passing/${round}`, 'b', { qos: 0 });
    void observer.send(`kept-surely/${round}`, 'c', { qos: 1, retain: true });
    void observer.send(`passing-too/${round}`, 'd', { qos: 0 });
  }
  await until(
    () => `200 messages, got ${observer.heard.length}`,
    () => observer.heard.length === 200,
  );
  t.is(new Set(observer.heard.map(({ topic }) => topic)).size, 200);
});
