/** A camera over HTTP, as the configuration describes it: its address without secrets, the login for it, and whom to trust. */
import { readFile } from 'node:fs/promises';
import type { FfmpegConfig, SnapshotConfig } from '../../../config/camera-section.ts';
import { ConfigError, UnavailableError } from '../../../errors.ts';
import { secretLine } from '../../../text/secret-line.ts';
import type { CameraAddress, TlsOptions } from './ask-camera.ts';
import { CameraLogin, type Credentials } from './camera-login.ts';

export type HttpSource = Pick<FfmpegConfig | SnapshotConfig, 'input' | 'passwordFile' | 'tls'>;

export interface ResolvedCamera {
  readonly address: CameraAddress;
  readonly login: CameraLogin | undefined;
  readonly tls: TlsOptions;
}

/** @throws UnavailableError or ConfigError that names the key and file that can't be read or used, never its content */
export async function resolveCamera(config: HttpSource): Promise<ResolvedCamera> {
  const url = new URL(config.input);
  const credentials = await credentialsOf(url, config.passwordFile);
  url.username = '';
  url.password = '';
  return {
    address: { url, shown: url.href },
    login: credentials === undefined ? undefined : new CameraLogin(credentials),
    tls: await readTls(config.tls),
  };
}

async function credentialsOf(url: URL, passwordFile: string | undefined): Promise<Credentials | undefined> {
  if (url.username === '') return undefined;
  const user = decodeURIComponent(url.username);
  if (passwordFile === undefined) return { user, password: decodeURIComponent(url.password) };
  const line = secretLine(await readFile(passwordFile));
  if ('fault' in line) throw new UnavailableError(`The file of source.passwordFile, ${passwordFile}, ${line.fault}.`);
  return { user, password: line.secret };
}

async function readTls({ caFile, verify }: HttpSource['tls']): Promise<TlsOptions> {
  if (caFile === undefined) return { rejectUnauthorized: verify };
  const ca = await readFile(caFile).catch((cause: NodeJS.ErrnoException) => {
    throw new UnavailableError(`The file of source.tls.caFile, ${caFile}, can't be read (${cause.code}).`, { cause });
  });
  if (!ca.includes('-----BEGIN')) {
    throw new ConfigError(`source.tls.caFile: ${caFile} holds no certificate; expected PEM text (-----BEGIN ...).`);
  }
  return { rejectUnauthorized: verify, ca };
}
