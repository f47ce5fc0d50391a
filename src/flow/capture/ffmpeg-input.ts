/**
 * What kind of input ffmpeg is given, and how an address with a password reaches it unseen.
 *
 * A password in the argument list could be read by every user in /proc/PID/cmdline. ffmpeg has no option that reads an
 * address from a file, but its concat demuxer reads addresses from a list, and the list may come through a pipe: so the
 * argument list says `-f concat -i pipe:3`, and the address goes through that pipe. ffmpeg repeats addresses in its
 * messages; the password is masked there (message-tail.ts).
 */
import { readFile } from 'node:fs/promises';
import type { FfmpegConfig } from '../../config/camera-section.ts';
import { ConfigError, UnavailableError } from '../../errors.ts';

export interface FfmpegInput {
  /** live: a stream by TCP, UDP, RTMP or SRT. */
  readonly kind: 'device' | 'rtsp' | 'http' | 'live' | 'file';
  /** What follows -i, and the options that belong before it. */
  readonly args: readonly string[];
  /** For logs and states: without user and password. */
  readonly shown: string;
  readonly privateInput?: string;
  readonly secrets: readonly string[];
}

/** Protocols that the list may lead to. */
const protocols = 'pipe,fd,file,http,https,tcp,tls,rtp,udp,rtsp,crypto';

/** @param major ffmpeg's major version; undefined: unknown, taken as a new one */
export async function resolveInput(config: FfmpegConfig, major?: number): Promise<FfmpegInput> {
  const kind = kindOf(config.input);
  if (kind === 'device' || kind === 'file') {
    return { kind, args: ['-i', config.input], shown: config.input, secrets: [] };
  }
  const address = await addressOf(config);
  const shown = withoutCredentials(address);
  const transport = kind === 'rtsp' ? config.rtspTransport : undefined;
  if (address.password === '') {
    const options = transport === undefined ? [] : ['-rtsp_transport', transport];
    return { kind, args: [...options, '-i', address.href], shown, secrets: [] };
  }
  return {
    kind,
    args: ['-f', 'concat', '-safe', '0', '-protocol_whitelist', protocols, '-i', 'pipe:3'],
    shown,
    privateInput: listOf(address, major !== undefined && major < 5 ? undefined : transport),
    secrets: spellings(address.password),
  };
}

/** Options in the list are known from ffmpeg 5 on; before it, RTSP tries UDP first, and TCP when that fails. */
function listOf(address: URL, transport: string | undefined): string {
  const file = `file '${address.href.replaceAll("'", "'\\''")}'`;
  const options = transport === undefined ? [] : [`option rtsp_transport ${transport}`];
  return `${['ffconcat version 1.0', file, ...options].join('\n')}\n`;
}

export function kindOf(input: string): FfmpegInput['kind'] {
  if (/^rtsps?:/.test(input)) return 'rtsp';
  if (/^https?:/.test(input)) return 'http';
  if (/^(tcp|udp|rtmps?|srt):\/\//.test(input)) return 'live';
  return /^\/dev\/video\d+$|^\/dev\/v4l\//.test(input) ? 'device' : 'file';
}

async function addressOf(config: FfmpegConfig): Promise<URL> {
  const address = parse(config.input);
  if (config.passwordFile !== undefined) {
    if (address.username === '') {
      throw new ConfigError(
        `source.passwordFile needs a user in source.input, such as ${address.protocol}//user@${address.host}/; got ${withoutCredentials(address)}.`,
      );
    }
    // The setter leaves % alone, so that it doesn't encode twice: without encodeURIComponent a % would start an escape.
    address.password = encodeURIComponent(await readPassword(config.passwordFile));
  }
  return address;
}

function parse(input: string): URL {
  try {
    return new URL(input);
  } catch (cause) {
    throw new ConfigError(`source.input is no address that can be read: ${input.replace(/\/\/[^@/]*@/, '//***@')}.`, {
      cause,
    });
  }
}

async function readPassword(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new UnavailableError(`The file of source.passwordFile, ${file}, can't be read (${code}).`, {
      remedy: `Create it with the password as its only line, readable by goby: chmod 600 ${file}`,
      cause,
    });
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new UnavailableError(`The file of source.passwordFile, ${file}, is empty.`);
  return password;
}

function withoutCredentials(address: URL): string {
  const copy = new URL(address);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

/** The password as it stands in the address, and as a program might print it. */
function spellings(encoded: string): string[] {
  let plain = encoded;
  try {
    plain = decodeURIComponent(encoded);
  } catch {
    // A stray % in a password of source.input itself.
  }
  return [...new Set([encoded, plain, encodeURIComponent(plain)])].sort((one, other) => other.length - one.length);
}
