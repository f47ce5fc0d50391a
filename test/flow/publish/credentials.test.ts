/** Secrets from files: what can't be used is named by key and file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configSchema, type MqttConfig } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';
import { readCredentials } from '../../../src/flow/publish/credentials.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { makeCertificates, opensslNeed } from './certificates.ts';

const mqtt = (changes: object): MqttConfig => configSchema.parse({ mqtt: changes }).mqtt;

test('a file that is missing, or a password that is empty, is named with its key', async (t) => {
  const folder = temporaryFolder(t);
  const missing = join(folder, 'missing');
  await t.throwsAsync(readCredentials(mqtt({ username: 'goby', passwordFile: missing }), {}), {
    instanceOf: ConfigError,
    message: new RegExp(`^mqtt.passwordFile: ${missing} is not there`),
  });
  await t.throwsAsync(readCredentials(mqtt({ tls: { caFile: missing } }), {}), { message: /^mqtt\.tls\.caFile: / });
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\nsecret on the second line\n');
  const error = await t.throwsAsync(readCredentials(mqtt({ username: 'goby', passwordFile: empty }), {}), {
    message: /^mqtt\.passwordFile: .*empty has an empty first line/,
  });
  t.notRegex(error.message, /secret/);
});

test('a credential of systemd that cannot be read is not passed over', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'mqtt-password'));
  await t.throwsAsync(readCredentials(mqtt({ username: 'goby' }), { CREDENTIALS_DIRECTORY: folder }), {
    instanceOf: ConfigError,
    message: /mqtt-password can't be read/,
  });
});

test('files that hold no certificate are told before they reach TLS', async (t) => {
  const garbage = join(temporaryFolder(t), 'garbage');
  writeFileSync(garbage, 'not PEM');
  await t.throwsAsync(readCredentials(mqtt({ tls: { caFile: garbage } }), {}), {
    instanceOf: ConfigError,
    message: /^mqtt\.tls\.caFile: .*holds no certificate/,
  });
  await t.throwsAsync(readCredentials(mqtt({ tls: { certificateFile: garbage, keyFile: garbage } }), {}), {
    instanceOf: ConfigError,
    message: /^mqtt\.tls: the certificate .* can't be used/,
  });
});

testRequiring([opensslNeed], 'a key that belongs to another certificate is told', async (t) => {
  const { clientCertificate, clientKey, serverKey } = makeCertificates(temporaryFolder(t));
  const good = await readCredentials(mqtt({ tls: { certificateFile: clientCertificate, keyFile: clientKey } }), {});
  t.true(good.cert!.includes('BEGIN CERTIFICATE'));
  await t.throwsAsync(readCredentials(mqtt({ tls: { certificateFile: clientCertificate, keyFile: serverKey } }), {}), {
    instanceOf: ConfigError,
    message: /the key belongs to the certificate/,
  });
});

test('the password is the first line of its file; the credential of systemd comes first', async (t) => {
  const folder = temporaryFolder(t);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'pa ss\r\na note\n');
  const config = mqtt({ username: 'goby', passwordFile });
  t.deepEqual(await readCredentials(config, {}), { username: 'goby', password: 'pa ss' });
  t.like(await readCredentials(config, { CREDENTIALS_DIRECTORY: folder }), { password: 'pa ss' });
  writeFileSync(join(folder, 'mqtt-password'), 'handed over');
  t.like(await readCredentials(config, { CREDENTIALS_DIRECTORY: folder }), { password: 'handed over' });
  t.deepEqual(await readCredentials(mqtt({}), { CREDENTIALS_DIRECTORY: folder }), {}, 'no user, no password');
});
