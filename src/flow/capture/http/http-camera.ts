/** A camera over HTTP, as the configuration describes it: its address without secrets, and the login for it. */
import { readFile } from 'node:fs/promises';
import type { FfmpegConfig } from '../../../config/camera-section.ts';
import { UnavailableError } from '../../../errors.ts';
import { secretLine } from '../../../text/secret-line.ts';
import type { CameraAddress } from './ask-camera.ts';
import { CameraLogin, type Credentials } from './camera-login.ts';

export async function resolveCamera(
  config: Pick<FfmpegConfig, 'input' | 'passwordFile'>,
): Promise<{ address: CameraAddress; login: CameraLogin | undefined }> {
  const url = new URL(config.input);
  const credentials = await credentialsOf(url, config.passwordFile);
  url.username = '';
  url.password = '';
  return {
    address: { url, shown: url.href },
    login: credentials === undefined ? undefined : new CameraLogin(credentials),
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
