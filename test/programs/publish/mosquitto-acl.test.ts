/** The example ACL on Debian's mosquitto: a device has its own topics and no others. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { discoveryTopic } from '../../../src/flow/publish/home-assistant/discovery-message.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { type Mosquitto, mosquittoNeeds, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { publisherUnderTest } from '../../flow/publish/observed-publisher.ts';
import { places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs = [...mosquittoNeeds, { kind: 'program', name: 'mosquitto_passwd' }] as const;
const users = ['front-door', 'garden', 'homeassistant', 'watcher'];
const front = topicsFor({ prefix: 'goby', deviceId: 'front-door' });
const garden = topicsFor({ prefix: 'goby', deviceId: 'garden' });

/** Everything a device publishes. */
const said = (topics: typeof front): string[] => [
  topics.state,
  topics.info,
  topics.telemetry,
  topics.health,
  topics.detections('cam'),
  topics.events('cam'),
  topics.presence('cam', 'person'),
  topics.count('cam', 'person'),
  topics.snapshot('cam', 'person'),
  topics.outputState('led'),
  topics.controlState('alarm'),
  topics.alert('intruder'),
  topics.response('ping'),
];
const commands = (topics: typeof front): string[] => [
  topics.request('restart'),
  topics.outputSet('led'),
  topics.controlSet('alarm'),
];

async function brokerWithAcl(t: ExecutionContext): Promise<Mosquitto> {
  const folder = temporaryFolder(t);
  const passwords = join(folder, 'passwords');
  for (const [index, user] of users.entries()) {
    const create = index === 0 ? ['-c'] : [];
    execFileSync('mosquitto_passwd', [...create, '-b', passwords, user, `secret-${user}`], { stdio: 'pipe' });
  }
  const acl = join(folder, 'goby.acl');
  copyFileSync(join(places.root, 'config', 'examples', 'mosquitto.acl'), acl);
  return startMosquitto(t, folder, ['allow_anonymous false', `password_file ${passwords}`, `acl_file ${acl}`]);
}

/** MQTT 5, whose broker says why it refuses. */
async function clientOf(t: ExecutionContext, broker: Mosquitto, username: string): Promise<MqttClient> {
  const client = await connectAsync(broker.address, { protocolVersion: 5, username, password: `secret-${username}` });
  t.teardown(() => client.endAsync(true));
  return client;
}

/** Topics that the broker takes a message on. */
async function writable(client: MqttClient, topics: readonly string[]): Promise<string[]> {
  const taken = await Promise.all(
    topics.map((topic) =>
      client.publishAsync(topic, 'x', { qos: 1 }).then(
        () => [topic],
        () => [],
      ),
    ),
  );
  return taken.flat();
}

/** Of messages that the broker itself sends out, the topics that reach a client which asks for everything it can think of. */
async function heard(client: MqttClient, sender: MqttClient, topics: readonly string[]): Promise<string[]> {
  const reached: string[] = [];
  client.on('message', (topic) => reached.push(topic));
  await client.subscribeAsync(['goby/#', 'homeassistant/#', ...topics], { qos: 1 }).catch(() => undefined);
  for (const topic of topics) await sender.publishAsync(topic, 'x', { qos: 1 });
  // Comes last on the same session; by then all that was allowed has come.
  const fence = new Promise((resolve) =>
    client.on('message', (topic) => topic === 'homeassistant/status' && resolve(0)),
  );
  await sender.publishAsync('homeassistant/status', 'online', { qos: 1 });
  await fence;
  return [...new Set(reached)].filter((topic) => topic !== 'homeassistant/status').sort();
}

testRequiring(needs, 'a device writes all its topics, and none of another device', async (t) => {
  const client = await clientOf(t, await brokerWithAcl(t), 'front-door');
  const own = [...said(front), discoveryTopic('homeassistant', 'front-door')];
  t.deepEqual(await writable(client, own), own);
  const foreign = [...said(garden), ...commands(garden), discoveryTopic('homeassistant', 'garden')];
  t.deepEqual(await writable(client, [...foreign, 'homeassistant/status', 'elsewhere']), []);
});

testRequiring(needs, 'a device hears its commands and its own state, and nothing else', async (t) => {
  const broker = await brokerWithAcl(t);
  const device = await clientOf(t, broker, 'front-door');
  const sender = await clientOf(t, broker, 'homeassistant');
  const all = [...said(front), ...commands(front), ...said(garden), ...commands(garden)];
  t.deepEqual(await heard(device, sender, all), [...commands(front), front.state].sort());
});

testRequiring(needs, 'who may look switches nothing; Home Assistant may do both', async (t) => {
  const broker = await brokerWithAcl(t);
  t.deepEqual(await writable(await clientOf(t, broker, 'watcher'), [...commands(front), front.state]), []);
  const home = await clientOf(t, broker, 'homeassistant');
  t.deepEqual(await writable(home, commands(front)), commands(front));
});

testRequiring(needs, 'goby itself works under it: it is online, hears a request and answers', async (t) => {
  const broker = await brokerWithAcl(t);
  const home = await clientOf(t, broker, 'homeassistant');
  const answers: string[] = [];
  const answered = new Promise((resolve) => {
    home.on('message', (topic, payload) => {
      answers.push(`${topic} ${payload.toString()}`);
      if (topic === front.response('ping')) resolve(0);
    });
  });
  await home.subscribeAsync('goby/#', { qos: 1 });
  const folder = temporaryFolder(t);
  const { publisher, status } = publisherUnderTest(t, {
    address: broker.address,
    deviceId: 'front-door',
    mqtt: { broker: broker.address, username: 'front-door' },
    env: { CREDENTIALS_DIRECTORY: folder },
    start: false,
  });
  writeFileSync(join(folder, 'mqtt-password'), 'secret-front-door\n');
  publisher.start();
  await status('connected');
  // Until the subscription is there a request would be lost.
  const asking = setInterval(() => void home.publishAsync(front.request('ping'), '{}', { qos: 1 }), 100);
  await answered;
  clearInterval(asking);
  t.true(answers.includes(`${front.state} {"state":"online"}`));
});
