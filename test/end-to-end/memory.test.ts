/** What others do to the agent's memory: it stays small, and goby's own session lives, through the worst that clients can send. */
import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { testRequiring } from '../requiring.ts';
import { goby, Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const mostMb = 250;

/** Highest resident memory of a process so far, MB: VmHWM of proc_pid_status(5). */
function peakMb(pid: number): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** The process that answers: the program may have been started by another. */
async function running(t: ExecutionContext, mqtt: object) {
  const workplace = makeWorkplace({ ...samplesConfig, mqtt });
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(async () => {
    await agent.end('SIGKILL');
    workplace.remove();
  });
  await agent.line(/led.*ON/);
  return agent;
}

async function join(t: ExecutionContext, port: number): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  client.on('error', () => undefined);
  t.teardown(() => client.endAsync(true));
  return client;
}

/** Whether goby answers a request over MQTT; throws when it doesn't within half a minute. */
async function ping(client: MqttClient): Promise<void> {
  await client.subscribeAsync('goby/test/response/ping');
  const answered = new Promise((resolve) => client.once('message', resolve));
  await client.publishAsync('goby/test/request/ping', '{}', { qos: 1 });
  await Promise.race([answered, pause(30_000).then(() => Promise.reject(new Error('goby does not answer')))]);
}

/** A PUBLISH of so many bytes, without having them all in memory here. */
async function publishHuge(port: number, topic: string, megabytes: number): Promise<void> {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  socket.write(Buffer.from([0x10, 16, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 4, 104, 117, 103, 101]));
  await pause(200);
  const length = 2 + topic.length + (megabytes << 20);
  const digits = [0, 1, 2, 3].map((at) => ((length >> (7 * at)) & 0x7f) | (at < 3 ? 0x80 : 0));
  socket.write(
    Buffer.concat([Buffer.from([0x30, ...digits, topic.length >> 8, topic.length & 0xff]), Buffer.from(topic)]),
  );
  const chunk = Buffer.alloc(1 << 20, 0x20);
  for (let one = 0; one < megabytes && !socket.destroyed; one++) {
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
  }
  socket.end(Buffer.from([0xe0, 0]));
  await Promise.race([ended, pause(20_000)]);
}

const needs = [{ kind: 'runtime' }, { kind: 'samples' }] as const;

testRequiring(
  needs,
  'the embedded broker under 300 retained megabytes, 5000 subscriptions, 500 clients and a huge payload stays below 250 MB',
  async (t) => {
    const port = await freePort();
    const agent = await running(t, { embedded: { port } });
    const { pid } = agent.child;
    const before = peakMb(pid!);

    const filler = await join(t, port);
    const mega = Buffer.alloc(1_000_000, 0x20);
    for (let one = 0; one < 300; one++) await filler.publishAsync(`kept/${one}`, mega, { retain: true, qos: 1 });
    const subscriber = await join(t, port);
    for (let one = 0; one < 50; one++) {
      const filters = Array.from({ length: 100 }, (_, at) => [`${one}/${at}/+`, { qos: 1 as const }] as const);
      // Refused from the hundredth on, which mqtt.js makes an error of.
      await subscriber.subscribeAsync(Object.fromEntries(filters)).catch(() => undefined);
    }
    await publishHuge(port, 'goby/test/request/config-set', 200);
    const crowd = await Promise.allSettled(
      Array.from({ length: 500 }, async () => {
        // One that is closed before it is let in hears nothing more.
        const late = pause(10_000).then(() => Promise.reject(new Error('not let in')));
        const client = await Promise.race([join(t, port), late]);
        await client.subscribeAsync('#');
      }),
    );
    t.true(crowd.some(({ status }) => status === 'rejected'));
    for (let one = 0; one < 100; one++) filler.publish('flood', mega);
    await pause(5000);
    // Whoever read too slowly is out by now; goby is in.
    await filler.endAsync(true);
    await ping(await join(t, port));
    const peak = peakMb(pid!);
    t.log(`peak of the main process: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB after`);
    t.true(peak < mostMb, `${peak.toFixed(0)} MB`);
    t.notRegex(agent.text, /disconnected|broker.*lost/i);
  },
);

for (const protocolVersion of [4, 5]) {
  testRequiring(
    [...needs, { kind: 'program', name: 'mosquitto' }],
    `a payload of 200 MB through another broker, with MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}, costs neither memory nor the session`,
    async (t) => {
      const port = await freePort();
      const broker = new Program('mosquitto', ['-p', String(port), '-v']);
      t.teardown(() => broker.end('SIGKILL'));
      await broker.line(/mosquitto version .* running/);
      const agent = await running(t, { broker: `mqtt://127.0.0.1:${port}`, protocolVersion });
      const asking = await join(t, port);
      await ping(asking);
      for (const topic of ['goby/test/request/config-set', 'goby/test/output/led/set'])
        await publishHuge(port, topic, 200);
      await ping(asking);
      const peak = peakMb(agent.child.pid!);
      t.log(`peak of the main process: ${peak.toFixed(0)} MB`);
      t.true(peak < mostMb, `${peak.toFixed(0)} MB`);
    },
  );
}
