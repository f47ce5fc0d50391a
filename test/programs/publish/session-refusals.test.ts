/** Brokers that refuse, misunderstand or ignore us: each is a sentence with the mend. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import test from 'ava';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { makeCertificates, opensslNeed } from '../../flow/publish/certificates.ts';
import { mosquittoNeeds, startMosquitto } from '../../flow/publish/mosquitto.ts';
import { hasty, publisherUnderTest } from '../../flow/publish/observed-publisher.ts';
import { observe } from '../../flow/publish/observer.ts';
import { serve } from '../../flow/publish/raw-server.ts';
import { until } from '../../flow/publish/waiting.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const state = 'goby/pi/state';
const withPasswords = [...mosquittoNeeds, { kind: 'program', name: 'mosquitto_passwd' }] as const;

testRequiring(
  withPasswords,
  'refused credentials are told with the mend, and used as soon as they are right',
  async (t) => {
    const folder = temporaryFolder(t);
    const passwords = join(folder, 'passwords');
    execFileSync('mosquitto_passwd', ['-c', '-b', passwords, 'goby', 'open-sesame'], { stdio: 'pipe' });
    const broker = await startMosquitto(t, folder, ['allow_anonymous false', `password_file ${passwords}`]);
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'let-me-in\n');
    const { status, log, publisher } = publisherUnderTest(t, {
      address: broker.address,
      mqtt: { username: 'goby', passwordFile },
    });
    const { detail } = await status('refused');
    t.is(
      detail,
      `The broker ${broker.address} refuses the user goby with this password; check mqtt.username and the file of mqtt.passwordFile.`,
    );
    writeFileSync(passwordFile, '');
    await status('refused', /password has an empty first line/);
    writeFileSync(passwordFile, 'open-sesame\n');
    await status('connected');
    await publisher.stop();
    t.true(log.length > 4);
    t.false(
      log.some((line) => /open-sesame|let-me-in/.test(line)),
      'no password in any line of the log',
    );
  },
);

testRequiring(
  [...mosquittoNeeds, opensslNeed],
  'TLS with client certificates: each missing part is named',
  async (t) => {
    const folder = temporaryFolder(t);
    const { ca, serverCertificate, serverKey, clientCertificate, clientKey } = makeCertificates(folder);
    const broker = await startMosquitto(t, folder, [
      'allow_anonymous true',
      `cafile ${ca}`,
      `certfile ${serverCertificate}`,
      `keyfile ${serverKey}`,
      'require_certificate true',
    ]);
    const address = broker.address.replace('mqtt:', 'mqtts:');
    const tls = { caFile: ca, certificateFile: clientCertificate, keyFile: clientKey };

    const attempt = (options: { address?: string; tls: object }) =>
      publisherUnderTest(t, { address, ...options, mqtt: { tls: options.tls } });
    await attempt({ tls: {} }).status('refused', /certificate of mqtts:.* is not accepted: .*mqtt\.tls\.caFile/);
    await attempt({ tls: { caFile: ca } }).status('refused', /wants a client certificate.*mqtt\.tls\.certificateFile/);
    await attempt({ tls, address: address.replace('127.0.0.1', 'localhost') }).status(
      'refused',
      /it is for another name; use the name it was made for in mqtt\.broker/,
    );
    await attempt({ tls: { ...tls, keyFile: serverKey } }).status('refused', /^mqtt\.tls: .*can't be used/);

    const good = attempt({ tls });
    await good.status('connected');
    const observer = await observe(t, address, {
      ca: readFileSync(ca),
      cert: readFileSync(clientCertificate),
      key: readFileSync(clientKey),
    });
    t.deepEqual(await observer.message(state), { state: 'online' });
  },
);

for (const [scheme, kind] of [
  ['mqtt', 'says nothing'],
  ['mqtts', 'says nothing to TLS'],
] as const) {
  test(`a server that ${kind} is told, with what to check`, async (t) => {
    const port = await serve(t, () => undefined);
    const { status } = publisherUnderTest(t, {
      address: `${scheme}://127.0.0.1:${port}`,
      pace: { ...hasty, answerMs: 200 },
    });
    t.regex(
      (await status('disconnected')).detail,
      /gave no answer in 0\.2 s; check .* whether mqtt:\/\/ or mqtts:\/\/ fits/,
    );
  });
}

test('a server that hangs up on us is told, with TLS as a guess', async (t) => {
  const port = await serve(t, (socket) => socket.once('data', () => socket.end()));
  const { status } = publisherUnderTest(t, { address: `mqtt://127.0.0.1:${port}` });
  await status('disconnected', /closed before an answer; the address of a broker that wants TLS starts with mqtts:/);
  t.pass();
});

testRequiring(
  [...mosquittoNeeds, opensslNeed],
  'TLS against plain, either way round, says which address to try',
  async (t) => {
    const folder = temporaryFolder(t);
    const { serverCertificate, serverKey } = makeCertificates(folder);
    const secure = await startMosquitto(t, folder, [
      'allow_anonymous true',
      `certfile ${serverCertificate}`,
      `keyfile ${serverKey}`,
    ]);
    const plain = await startMosquitto(t, folder);
    await publisherUnderTest(t, { address: secure.address }).status(
      'disconnected',
      /closed before an answer; the address of a broker that wants TLS starts with mqtts:.*8883/,
    );
    await publisherUnderTest(t, { address: plain.address.replace('mqtt:', 'mqtts:') }).status(
      'disconnected',
      /closed before an answer; the address of a broker without TLS starts with mqtt:.*1883/,
    );
    const own = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    t.teardown(() => own.stop());
    await publisherUnderTest(t, { address: `mqtts://127.0.0.1:${own.port}` }).status('disconnected', /without TLS/);
    t.pass();
  },
);

test('a server that answers TLS with something else is told', async (t) => {
  const port = await serve(t, (socket) => socket.end('220 mail.example ESMTP\r\n'));
  const { status } = publisherUnderTest(t, { address: `mqtts://127.0.0.1:${port}` });
  t.regex((await status('refused')).detail, /speaks no TLS on this port; use mqtt:\/\//);
});

test('a broker that refuses MQTT 5 is a sentence that names the key', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const { status } = publisherUnderTest(t, {
    address: `mqtt://127.0.0.1:${broker.port}`,
    mqtt: { broker: 'mqtt://x', protocolVersion: 5 },
  });
  t.regex((await status('refused')).detail, /refuses MQTT 5; set mqtt\.protocolVersion to 4/);
});

test('a broker that forbids the command topics is told; publishing goes on', async (t) => {
  // mosquitto's access list lets anybody subscribe, and then delivers nothing.
  const broker = await Aedes.createBroker({
    authorizeSubscribe: (client, subscription, allow) => allow(null, client.id === 'goby-pi' ? null : subscription),
  });
  const port = await serve(t, (socket) => void broker.handle(socket));
  t.teardown(() => new Promise<void>((resolve) => broker.close(resolve)));
  const address = `mqtt://127.0.0.1:${port}`;
  const { log, status } = publisherUnderTest(t, { address });
  await status('connected');
  await until('the refusal in the log', () => log.some((line) => /refused the subscription to commands/.test(line)));
  t.true(log.some((line) => line.includes('allow goby/pi/request/+ goby/pi/output/+/set')));
  const observer = await observe(t, address);
  t.deepEqual(await observer.message(state), { state: 'online' });
});
