/** Addresses with passwords in every text of the configuration: they work, and no way out of the program shows them. */
import { spawnSync } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import type { z } from 'zod';
import { setIn, type Tree } from '../../src/config/layers.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { secretAddresses, secretParts, textKeys } from '../config/text-keys.ts';
import { startRtspServer } from '../flow/capture/rtsp-server.ts';
import { until } from '../flow/publish/waiting.ts';
import { testRequiring } from '../requiring.ts';
import { goby, Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const user = 'U5er';
const password = "S3cr3t/wiTh@any%thing'else";
const token = 'T0kEn/x';

const leaks = (text: string): string[] => secretParts.filter((part) => text.includes(part));

/** Argument lists of every process, collected until the end of the test. */
function watchArguments(t: ExecutionContext): Set<string> {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It has ended.
      }
    }
  };
  const timer = setInterval(look, 20);
  t.teardown(() => clearInterval(timer));
  return seen;
}

/** A camera that wants a token in the query. */
async function startHttpCamera(
  t: ExecutionContext,
  recording: string,
): Promise<{ address: string; let: () => number }> {
  let letIn = 0;
  const server: Server = createServer((request, response) => {
    const asked = new URL(request.url ?? '', 'http://camera').searchParams;
    if (asked.get('token') !== token || asked.get('user') !== user) {
      response.writeHead(401).end();
      return;
    }
    letIn += 1;
    createReadStream(recording).pipe(response, { end: false });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/video.ts`, let: () => letIn };
}

async function startBroker(t: ExecutionContext, folder: string, port: number): Promise<void> {
  const passwords = join(folder, 'passwords');
  writeFileSync(passwords, '', { mode: 0o600 });
  spawnSync('mosquitto_passwd', ['-b', passwords, user, password]);
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\nuser root\n`);
  const broker = new Program('mosquitto', ['-c', file, '-v']);
  t.teardown(() => broker.end());
  await broker.line(/mosquitto version .* running/);
}

/** Keys that take any text get an address with secrets, as far as the agent can start with it. */
function fillTexts(config: Tree, file: string, env: NodeJS.ProcessEnv): string[] {
  const filled: string[] = [];
  for (const path of textKeys(configSchema as z.core.$ZodType)) {
    const key = path.join('.');
    if (/^mqtt|source|model$|\d/.test(key)) continue;
    const place = path.map((part, at) => (part !== 'own' ? part : path[at - 1] === 'cameras' ? 'front' : 'own'));
    const tried = structuredClone(config);
    setIn(tried, place, secretAddresses[0]);
    writeFileSync(file, JSON.stringify(tried));
    try {
      loadConfig({ file, env });
      setIn(config, place, secretAddresses[filled.length % secretAddresses.length]);
      filled.push(key);
    } catch {
      // What is refused shows no secret either: test/config/secrets.test.ts.
    }
  }
  return filled;
}

testRequiring(
  [
    { kind: 'runtime' },
    { kind: 'samples' },
    { kind: 'program', name: 'ffmpeg' },
    { kind: 'program', name: 'mosquitto' },
  ],
  'passwords in addresses log in, and stand in no topic, log, status, argument list, answer or command',
  async (t) => {
    const arguments_ = watchArguments(t);
    const port = await freePort();
    const workplace = makeWorkplace({});
    const { folder, configFile, env } = workplace;
    t.teardown(workplace.remove);
    const recording = join(folder, 'video.ts');
    const filter = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=25:duration=10', '-pix_fmt', 'yuv420p', recording];
    t.is(spawnSync('ffmpeg', ['-v', 'error', ...filter]).status, 0);
    const rtsp = await startRtspServer(t, { recording, user, password });
    const http = await startHttpCamera(t, recording);
    await startBroker(t, folder, port);

    const camera = (input: string) => ({ ...samplesConfig.cameras.front, source: { type: 'ffmpeg', input } });
    const config: Tree = {
      ...samplesConfig,
      cameras: {
        front: { ...samplesConfig.cameras.front, labels: ['face', ...secretAddresses] },
        pasted: camera(`rtsp://${user}:${password}@127.0.0.1:${rtsp.port}/live`),
        query: camera(`${http.address}?user=${user}&token=${token}`),
        wrong: camera(`rtsp://${user}:${password}-not@127.0.0.1:${rtsp.port}/live`),
        refused: camera(`${http.address}?user=${user}&pwd=${token}`),
        away: camera(`http://${user}:${password}@127.0.0.1:1/snap?apiKey=${token}`),
      },
      mqtt: { broker: `mqtt://${user}:${password}@127.0.0.1:${port}` },
      rules: [{ name: 'alert', label: secretAddresses[0], output: 'led' }],
      log: { level: 'debug' },
    };
    const filled = fillTexts(config, configFile, env);
    for (const key of ['device.name', 'models.mirror']) t.true(filled.includes(key), filled.join(' '));
    writeFileSync(configFile, JSON.stringify(config));

    const agent = goby(['run', '--config', configFile], { env });
    t.teardown(() => agent.end());
    const topics = new Map<string, string>();
    const observer: MqttClient = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: user, password });
    t.teardown(() => observer.endAsync(true));
    observer.on('message', (topic, payload) => topics.set(topic, `${topics.get(topic) ?? ''}\n${payload.toString()}`));
    await observer.subscribeAsync('#');
    await until('the broker to let goby in', () => topics.get('goby/test/state')?.includes('online') === true);
    const healthy = (name: string, state: RegExp): boolean => {
      const last = topics.get('goby/test/health')?.split('\n').at(-1);
      return last !== undefined && state.test(JSON.parse(last)[`camera/${name}`]?.state ?? '');
    };
    for (const name of ['pasted', 'query']) await until(`${name} to stream`, () => healthy(name, /streaming/));
    for (const name of ['wrong', 'refused', 'away'])
      await until(`${name} to fail`, () => healthy(name, /reconnecting/));
    t.true(http.let() > 0);
    for (const [request, payload] of [
      ['info', {}],
      ['config-get', {}],
      ['config-get', { key: 'cameras.pasted.source.input' }],
      ['config-get', { key: 'mqtt.broker' }],
      ['config-get', { key: `mqtt.${secretAddresses[0]}` }],
      ['config-set', { key: 'device.name', value: secretAddresses[1] }],
      ['config-set', { key: 'mqtt.broker', value: secretAddresses[3] }],
      ['models-list', {}],
      ['snapshot', { camera: 'pasted' }],
      [secretAddresses[1]!.replaceAll(/[/#+]/g, '_'), {}],
    ] as const) {
      const transaction = `asked-${Math.random()}`;
      await observer.publishAsync(`goby/test/request/${request}`, JSON.stringify({ ...payload, transaction }));
      await until(`an answer to ${request}`, () => [...topics.values()].some((text) => text.includes(transaction)));
    }
    const printed: string[] = [];
    const run = async (args: readonly string[]): Promise<string> => {
      const program = goby([...args], { env });
      await program.exited;
      printed.push(program.text);
      return program.text;
    };
    const checked = await run(['check-config', configFile]);
    t.regex(
      checked,
      /cameras\.pasted\.source\.input holds a password\. Better: .*passwordFile: \/etc\/goby\/pasted-pass/,
    );
    t.regex(checked, /mqtt\.broker holds a password\. Better: .*username/);
    await run(['check-config', configFile, '--json']);
    await run(['doctor', '--config', configFile]);
    await run(['doctor', '--config', configFile, '--json']);
    await agent.end('SIGTERM');
    await run(['doctor', '--config', configFile, '--json']);
    await run(['check-config', configFile, '--json']);
    await run(['outputs', '--config', configFile]);
    await run(['models', 'list', '--config', configFile]);

    // Two sentences of advice name the user, who is to write it anew.
    const told = printed.join('\n').replaceAll(`rtsp://${user}@...`, '').replaceAll(`username: "${user}"`, '');
    t.deepEqual(leaks(told.replaceAll(/(rtsp|https?):\/\/U5er@\.\.\./g, '')), []);
    t.deepEqual(
      agent.lines.filter((line) => leaks(line).length > 0),
      [],
    );
    for (const [topic, text] of topics) {
      // What the test itself asked with.
      if (!topic.includes('/request/')) t.deepEqual(leaks(topic + text), [], topic);
    }
    t.true(topics.size > 15);
    const lists = [...arguments_].filter((list) => !list.startsWith('mosquitto_passwd'));
    t.true(lists.some((list) => list.includes('ffmpeg') && list.includes('pipe:3')));
    t.deepEqual(
      lists.filter((list) => leaks(list).length > 0),
      [],
    );
  },
);
