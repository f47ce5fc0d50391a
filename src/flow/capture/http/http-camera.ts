/** A camera over HTTP, as the configuration describes it: its address without secrets, the login for it, and whom to trust. */
import { readFile } from 'node:fs/promises';
import type { FfmpegConfig, SnapshotConfig } from '../../../config/camera-section.ts';
import { ConfigError, UnavailableError } from '../../../errors.ts';
import { addressText } from '../../../text/addresses.ts';
import { cameraAddress, shownAddress } from '../camera-address.ts';
import type { CameraAddress, TlsOptions } from './ask-camera.ts';
import { CameraLogin } from './camera-login.ts';

export type HttpSource = Pick<FfmpegConfig | SnapshotConfig, 'input' | 'passwordFile' | 'tls'>;

export interface ResolvedCamera {
  readonly address: CameraAddress;
  readonly login: CameraLogin | undefined;
  readonly tls: TlsOptions;
}

/** @throws UnavailableError or ConfigError that names the key and file that can't be read or used, never its content */
export async function resolveCamera(config: HttpSource): Promise<ResolvedCamera> {
  const address = await cameraAddress(config);
  const { login } = address;
  return {
    address: { url: new URL(addressText({ ...address, login: undefined })), shown: shownAddress(address) },
    login: login === undefined ? undefined : new CameraLogin({ user: login.user, password: login.password ?? '' }),
    tls: await readTls(config.tls),
  };
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
