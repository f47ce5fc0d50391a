/** Secrets and certificates of the MQTT session, read from files when it starts. They are never logged. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MqttConfig } from '../config/schema.ts';
import { ConfigError, sentence } from '../errors.ts';

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Name of the credential that systemd's LoadCredential= may hand over, systemd.exec(5). */
const credentialName = 'mqtt-password';

/** @throws ConfigError that names the key and file that can't be read, never its content */
export async function readCredentials(config: MqttConfig, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const { username, passwordFile, tls } = config;
  const password = await readPassword(passwordFile, env);
  const ca = await readKeyed('mqtt.tls.caFile', tls.caFile);
  const cert = await readKeyed('mqtt.tls.certificateFile', tls.certificateFile);
  const key = await readKeyed('mqtt.tls.keyFile', tls.keyFile);
  return {
    ...(username === undefined ? {} : { username }),
    ...(username === undefined || password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPassword(file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = env['CREDENTIALS_DIRECTORY'];
  const handed = folder === undefined ? undefined : await readFile(join(folder, credentialName)).catch(() => undefined);
  const bytes = handed ?? (await readKeyed('mqtt.passwordFile', file));
  return bytes?.toString('utf8').split(/\r?\n/, 1)[0];
}

async function readKeyed(key: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ConfigError(`${key}: ${file} can't be read: ${sentence(cause)}.`, {
      remedy: 'The file must exist and belong to a group that goby is in.',
      cause,
    });
  }
}
