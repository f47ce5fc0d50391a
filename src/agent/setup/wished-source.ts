/** From what a page asks for to a camera's section: network addresses and devices that were found, and nothing else. */

import { cameraSection, type SourceConfig } from '../../config/camera-section.ts';
import { inputFault, isPictureAddress } from '../../config/source-input.ts';
import { ConfigError, InputError } from '../../errors.ts';
import { addressText, type Login, parseAddress } from '../../text/addresses.ts';
import type { CameraWish } from '../../web/setup/camera-setup.ts';

export interface WishedSource {
  /** Keys of the section, without the password. */
  readonly source: Readonly<Record<string, string | number>>;
  /** Kept in a file of its own. */
  readonly password?: string;
}

/**
 * @param found sources of the cameras that were listed, by their ids
 * @throws InputError that says what was expected
 */
export function wishedSource(wish: CameraWish, found: ReadonlyMap<string, WishedSource>): WishedSource {
  if ('found' in wish) {
    const source = found.get(wish.found);
    if (source === undefined)
      throw new InputError('This camera is not in the list any more.', { remedy: 'Look for cameras again.' });
    return source;
  }
  const address = parseAddress(wish.address.trim());
  if (address === undefined) {
    throw new InputError('An address was expected, such as rtsp://192.168.1.20/stream.');
  }
  const login = loginOf(wish, address.login);
  if (login?.password !== undefined && login.user === '') {
    throw new InputError('A password needs a user.', { remedy: 'Cameras often have the user admin.' });
  }
  const plain = login === undefined || login.user === '' ? undefined : { user: login.user, password: undefined };
  const input = addressText({ ...address, login: plain });
  const fault = inputFault(input);
  if (fault !== undefined) throw new InputError(`The address can't be used: expected ${fault}.`);
  return {
    source: { type: isPictureAddress(input) ? 'snapshot' : 'ffmpeg', input },
    ...(login?.password === undefined ? {} : { password: login.password }),
  };
}

/** What was typed beside an address comes before what stands in it. */
function loginOf(
  { user, password }: { user?: string | undefined; password?: string | undefined },
  written: Login | undefined,
): Login | undefined {
  if (!user && !password) return written;
  return { user: user || (written?.user ?? ''), password: password || written?.password };
}

/** The whole section of a camera with this source. @throws ConfigError when the schema refuses it */
export function sourceSectionOf({ source }: WishedSource, passwordFile: string | undefined): SourceConfig {
  const read = cameraSection.safeParse({
    source: { ...source, ...(passwordFile === undefined ? {} : { passwordFile }) },
  });
  if (read.success) return read.data.source;
  throw new ConfigError(
    `The camera can't be used: ${read.error.issues.map(({ message }) => message.split('|~|')[0]).join('; ')}.`,
  );
}
