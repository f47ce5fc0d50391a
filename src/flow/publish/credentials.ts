/** Secrets and certificates of the MQTT session, read from files at every attempt to connect. They are never logged. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { MqttConfig } from '../../config/schema.ts';
import { revealed } from '../../config/secrets.ts';
import { ConfigError, sentence } from '../../errors.ts';
import { type Login, parseAddress } from '../../text/addresses.ts';
import { secretLine } from '../../text/secret-line.ts';

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** By which goby's own broker knows goby's own sessions. */
export interface BrokerLogin {
  readonly username: string;
  readonly password: string;
}

/** Name of the credential that systemd's LoadCredential= may hand over, systemd.exec(5). */
const credentialName = 'mqtt-password';

/** @throws ConfigError that names the key and file that can't be read or used, never its content */
export async function readCredentials(config: MqttConfig, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const { passwordFile, tls } = config;
  const login = parseAddress(revealed(config).broker)?.login;
  const username = config.username ?? login?.user;
  const password =
    username === undefined ? undefined : ((await readPassword(passwordFile, env)) ?? passwordOf(login, username));
  const ca = await readKeyed('mqtt.tls.caFile', tls.caFile);
  const cert = await readKeyed('mqtt.tls.certificateFile', tls.certificateFile);
  const key = await readKeyed('mqtt.tls.keyFile', tls.keyFile);
  // OpenSSL passes over an authority file without a certificate, and the broker's would look unknown.
  if (ca && !ca.includes('-----BEGIN')) {
    throw new ConfigError(`mqtt.tls.caFile: ${tls.caFile} holds no certificate; expected PEM text (-----BEGIN ...).`);
  }
  if (cert !== undefined || key !== undefined) checkPair(config, cert, key);
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** The password of the broker's address, for the user that stands before it. */
function passwordOf(login: Login | undefined, username: string): string | undefined {
  return login?.user === username ? login.password : undefined;
}

async function readPassword(file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = env['CREDENTIALS_DIRECTORY'];
  const credential = folder === undefined ? undefined : join(folder, credentialName);
  const handed = credential === undefined ? undefined : await readIfThere(credential);
  const bytes = handed ?? (await readKeyed('mqtt.passwordFile', file));
  if (bytes === undefined) return undefined;
  const line = secretLine(bytes);
  if ('secret' in line) return line.secret;
  throw new ConfigError(`mqtt.passwordFile: ${handed ? credential : file} ${line.fault}.`);
}

/** A pair that OpenSSL can't use would otherwise be thrown from within the client. */
function checkPair({ tls }: MqttConfig, cert: Buffer | undefined, key: Buffer | undefined): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new ConfigError(
      `mqtt.tls: the certificate ${tls.certificateFile} and the key ${tls.keyFile} can't be used: ${sentence(cause)}.`,
      { remedy: 'Both are PEM text, the key belongs to the certificate and has no passphrase.', cause },
    );
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`The credential ${file} can't be read: ${sentence(cause)}.`, { cause });
  }
}

function unreadable(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EACCES') return 'may not be read by this user';
  return `can't be read: ${sentence(cause)}`;
}

async function readKeyed(key: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ConfigError(`${key}: ${file} ${unreadable(cause)}.`, {
      remedy: 'The file must exist and belong to a group that goby is in.',
      cause,
    });
  }
}
