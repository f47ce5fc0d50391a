/** The address of a network camera with all that logs in at it. Only for what connects: it must never be shown. */
import { readFile } from 'node:fs/promises';
import type { FfmpegConfig } from '../../config/camera-section.ts';
import { revealed } from '../../config/secrets.ts';
import { ConfigError, UnavailableError } from '../../errors.ts';
import { type Address, addressText, maskAddress, parseAddress } from '../../text/addresses.ts';
import { secretLine } from '../../text/secret-line.ts';

/**
 * @throws ConfigError for what is no address, or has no user for its password
 * @throws UnavailableError for a password file that can't be read
 */
export async function cameraAddress(config: Pick<FfmpegConfig, 'input' | 'passwordFile'>): Promise<Address> {
  const { input, passwordFile } = revealed(config);
  const address = parseAddress(input);
  if (address === undefined || !URL.canParse(addressText(address))) {
    throw new ConfigError(`source.input is no address that can be read: ${maskAddress(input)}.`);
  }
  if (passwordFile === undefined) return address;
  const { scheme, login } = address;
  if (login === undefined) {
    const example = `${scheme}://user@${new URL(addressText(address)).host}/`;
    throw new ConfigError(
      `source.passwordFile needs a user in source.input, such as ${example}; got ${maskAddress(input)}.`,
    );
  }
  return { ...address, login: { user: login.user, password: await readPassword(passwordFile) } };
}

/** For logs and states: without user, password and other credentials. */
export function shownAddress(address: Address): string {
  return maskAddress(addressText({ ...address, login: undefined }));
}

async function readPassword(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new UnavailableError(`The file of source.passwordFile, ${file}, can't be read (${code}).`, {
      remedy: `Create it with the password as its only line, readable by goby: chmod 600 ${file}`,
      cause,
    });
  }
  const line = secretLine(bytes);
  if ('fault' in line) throw new UnavailableError(`The file of source.passwordFile, ${file}, ${line.fault}.`);
  return line.secret;
}
