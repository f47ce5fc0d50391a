/** The embedded broker's quotas: what one client takes is no longer there for others, and goby's own sessions come first. */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { brokerQuotas } from '../../../src/flow/publish/broker-quotas.ts';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { observe } from './observer.ts';
import { until } from './waiting.ts';

async function startBroker(t: ExecutionContext) {
  const troubles: string[] = [];
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    tell: (trouble) => void troubles.push(trouble),
  });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const join = async (options: IClientOptions = {}): Promise<MqttClient> => {
    const client = await connectAsync(address, { reconnectPeriod: 0, ...options });
    client.on('error', () => undefined);
    t.teardown(() => client.endAsync(true));
    return client;
  };
  return { broker, address, troubles, join };
}

test('more clients than it takes are refused with a code; goby is let in all the same, and one that left makes room', async (t) => {
  const { broker, join, troubles } = await startBroker(t);
  const outcomes = await Promise.allSettled(Array.from({ length: brokerQuotas.clients + 30 }, () => join()));
  const inside = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  t.is(inside.length, brokerQuotas.clients);
  await t.throwsAsync(join(), { message: /Server unavailable/ });
  t.is(troubles.length, 1);
  const own = await join({ ...broker.login, clientId: 'goby-own' });
  t.true(own.connected);
  await inside[0]!.endAsync();
  t.true((await join()).connected);
});

test("nobody else takes goby's client id", async (t) => {
  const { broker, join } = await startBroker(t);
  const own = await join({ ...broker.login, clientId: 'goby-1' });
  await t.throwsAsync(join({ clientId: 'goby-1' }), { message: /Identifier rejected/ });
  await t.throwsAsync(join({ clientId: 'goby-1', username: 'goby', password: 'guessed' }), { message: /Identifier/ });
  t.true(own.connected);
  t.true((await join({ ...broker.login, clientId: 'goby-1' })).connected, 'goby itself comes back');
});

test('connections that say nothing make room for those that do', async (t) => {
  const { broker, join } = await startBroker(t);
  const mute: Socket[] = [];
  t.teardown(() => mute.forEach((socket) => void socket.destroy()));
  for (let one = 0; one < 300; one++) {
    const socket = connectSocket(broker.port, '127.0.0.1');
    socket.on('error', () => undefined);
    mute.push(socket);
    await once(socket, 'connect');
  }
  t.true((await join()).connected);
  t.true((await join(broker.login)).connected);
  await until('the oldest to go', () => mute[0]!.destroyed || mute[0]!.readableEnded || mute[0]!.closed);
});

/** Codes of SUBACK: 128 is a refusal, which mqtt.js makes an error of. */
async function granted(client: MqttClient, filters: readonly string[]): Promise<readonly number[]> {
  const asked = Object.fromEntries(filters.map((filter) => [filter, { qos: 1 as const }]));
  try {
    return (await client.subscribeAsync(asked)).map(({ qos }) => qos);
  } catch (error) {
    return (error as { packet: { granted: number[] } }).packet.granted;
  }
}

test('subscriptions are counted: in one packet, one after the other, and again after they were taken back', async (t) => {
  const { broker, join, troubles } = await startBroker(t);
  const client = await join();
  const filters = Array.from({ length: 5000 }, (_, index) => `a/${index}`);
  const codes = await granted(client, filters);
  t.is(codes.filter((code) => code < 128).length, brokerQuotas.subscriptionsOfOne);
  t.deepEqual(await granted(client, ['b']), [128]);
  t.deepEqual(await granted(client, ['a/0']), [1], 'one that it has');
  await client.unsubscribeAsync('a/0');
  t.deepEqual(await granted(client, ['b']), [1]);
  t.deepEqual(await granted(await join(), ['x'.repeat(brokerQuotas.topicBytes + 1)]), [128]);
  t.is(troubles.length, 1);
  t.true((await granted(await join(broker.login), filters.slice(0, 200))).every((code) => code === 1));
});

test('retained messages beyond the quota are passed on, not kept; taken away they make room; goby keeps its own', async (t) => {
  const { broker, join, troubles, address } = await startBroker(t);
  const witness = await observe(t, address);
  const client = await join();
  const mega = Buffer.alloc(1_000_000);
  for (let one = 0; one < 20; one++) await client.publishAsync(`big/${one}`, mega, { retain: true, qos: 1 });
  await until('all to who listens', () => witness.heard.filter(({ topic }) => topic.startsWith('big/')).length === 20);
  const kept = async (filter: string): Promise<number> => {
    // The newest is sent last.
    const own = await join(broker.login);
    for (const payload of ['', 'end']) await own.publishAsync('mark', payload, { retain: true, qos: 1 });
    const late = await observe(t, address);
    await until('the last retained message', () => late.heard.some(({ topic, retain }) => retain && topic === 'mark'));
    await late.end();
    return late.heard.filter(({ topic, retain }) => retain && topic.startsWith(filter)).length;
  };
  t.is(await kept('big/'), 8);
  t.is(troubles.length, 1);
  const own = await join(broker.login);
  await own.publishAsync('goby/state', 'online', { retain: true, qos: 1 });
  t.is(await kept('goby/'), 1);
  for (let one = 0; one < 8; one++) await client.publishAsync(`big/${one}`, '', { retain: true, qos: 1 });
  await client.publishAsync('big/99', mega, { retain: true, qos: 1 });
  t.is(await kept('big/'), 1);
  for (let one = 0; one < brokerQuotas.retainedMessages + 50; one++)
    void client.publish(`small/${one}`, 'x', { retain: true });
  await client.publishAsync('after', 'x', { qos: 1 });
  t.true((await kept('small/')) <= brokerQuotas.retainedMessages);
});

test('long topics and long messages at QoS 2 end their session, and no other', async (t) => {
  const { join } = await startBroker(t);
  const bystander = await join();
  for (const [topic, bytes, qos] of [
    ['x'.repeat(brokerQuotas.topicBytes + 1), 1, 0],
    ['held', brokerQuotas.heldBytes + 1, 2],
  ] as const) {
    const client = await join();
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.publish(topic, Buffer.alloc(bytes), { qos });
    await closed;
  }
  await bystander.publishAsync('still', 'here', { qos: 2 });
  t.true(bystander.connected);
});
