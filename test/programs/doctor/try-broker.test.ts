/** A real mosquitto with a password file, a port where nobody listens, and a server that never answers. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { configSchema, type MqttConfig } from '../../../src/config/schema.ts';
import { tryBroker } from '../../../src/doctor/try-broker.ts';
import { freePort } from '../../../src/workshop/bench/loopback-port.ts';
import { testRequiring } from '../../requiring.ts';

const mqtt = (changes: object): MqttConfig => configSchema.parse({ mqtt: changes }).mqtt;

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-broker-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

async function startMosquitto(t: ExecutionContext, folder: string): Promise<number> {
  const port = await freePort();
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, '');
  execFileSync('mosquitto_passwd', ['-b', passwords, 'goby', 'right']);
  // mosquitto drops root and reads the file as its own user.
  await chmod(passwords, 0o644);
  await chmod(folder, 0o755);
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\n`);
  const broker = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  t.teardown(async () => {
    broker.kill('SIGKILL');
    if (broker.exitCode === null && broker.signalCode === null) await once(broker, 'exit');
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const answered = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return port;
    await wait(20);
  }
}

const mosquitto = [
  { kind: 'program', name: 'mosquitto' },
  { kind: 'program', name: 'mosquitto_passwd' },
] as const;

testRequiring(
  mosquitto,
  'mosquitto refuses a wrong password and an anonymous client, and accepts the right one',
  async (t) => {
    const folder = await temporaryFolder(t);
    const port = await startMosquitto(t, folder);
    const passwordFile = join(folder, 'password');
    const config = { broker: `mqtt://127.0.0.1:${port}`, username: 'goby', passwordFile };

    await writeFile(passwordFile, 'wrong\n');
    t.deepEqual(await tryBroker({ config: mqtt(config) }), { kind: 'refused', reasonCode: 5 });
    t.deepEqual(await tryBroker({ config: mqtt({ broker: config.broker }) }), { kind: 'refused', reasonCode: 5 });

    await writeFile(passwordFile, 'right\r\nand a note\n');
    t.deepEqual(await tryBroker({ config: mqtt(config) }), { kind: 'accepted' });
    const five = await tryBroker({ config: mqtt({ ...config, protocolVersion: 5 }) });
    t.deepEqual(five, { kind: 'accepted' });

    const stored = join(folder, 'goby.mqtt-password');
    await writeFile(stored, 'right\n');
    t.deepEqual(await tryBroker({ config: mqtt({ broker: config.broker, username: 'goby' }), stored }), {
      kind: 'accepted',
    });

    await writeFile(join(folder, 'mqtt-password'), 'wrong\n');
    const outcome = await tryBroker({
      config: mqtt({ ...config, protocolVersion: 5 }),
      env: { CREDENTIALS_DIRECTORY: folder },
    });
    t.deepEqual(outcome, { kind: 'refused', reasonCode: 135 }, "systemd's credential comes first");
  },
);

test('a port without a listener, an unknown name and a mute server are told apart', async (t) => {
  const refused = await tryBroker({ config: mqtt({ broker: `mqtt://127.0.0.1:${await freePort()}` }) });
  t.like(refused, { kind: 'unreachable', code: 'ECONNREFUSED' });
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const mute = await tryBroker({ config: mqtt({ broker: `mqtt://127.0.0.1:${port}` }), timeoutMs: 200 });
  t.like(mute, { kind: 'unreachable', code: 'ETIMEDOUT' });
  const secure = await tryBroker({ config: mqtt({ broker: `mqtts://127.0.0.1:${port}` }), timeoutMs: 200 });
  t.is(secure.kind, 'unreachable');
});

test('a password or certificate file that is missing is named with its key', async (t) => {
  const config = mqtt({ broker: 'mqtt://127.0.0.1:1', username: 'goby', passwordFile: '/nonexistent/password' });
  t.deepEqual(await tryBroker({ config }), {
    kind: 'unprepared',
    problem:
      'mqtt.passwordFile: /nonexistent/password is not there. The file must exist and belong to a group that goby is in.',
  });
  const tls = mqtt({ broker: 'mqtts://127.0.0.1:1', tls: { caFile: '/nonexistent/ca.crt' } });
  t.like(await tryBroker({ config: tls }), {
    problem:
      'mqtt.tls.caFile: /nonexistent/ca.crt is not there. The file must exist and belong to a group that goby is in.',
  });
});
