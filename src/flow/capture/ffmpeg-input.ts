/**
 * What kind of input ffmpeg is given, and how an address with a secret reaches it unseen.
 *
 * A secret in the argument list could be read by every user in /proc/PID/cmdline. ffmpeg has no option that reads an
 * address from a file, but its concat demuxer reads addresses from a list, and the list may come through a pipe: so the
 * argument list says `-f concat -i pipe:3`, and the address goes through that pipe. ffmpeg repeats addresses in its
 * messages; secrets are masked there (message-tail.ts).
 */
import type { FfmpegConfig } from '../../config/camera-section.ts';
import { revealed } from '../../config/secrets.ts';
import { addressText, secretsIn } from '../../text/addresses.ts';
import { cameraAddress, shownAddress } from './camera-address.ts';

export interface FfmpegInput {
  /** live: a stream by TCP, UDP, RTMP or SRT. */
  readonly kind: 'device' | 'rtsp' | 'http' | 'live' | 'file';
  /** What follows -i, and the options that belong before it. */
  readonly args: readonly string[];
  /** For logs and states: without user, password and other credentials. */
  readonly shown: string;
  readonly privateInput?: string;
  readonly secrets: readonly string[];
}

/**
 * All that a network source may lead on to, as playlists do. Local protocols are not among them: a camera must not make goby
 * look at a file of the device.
 */
const networkProtocols = 'http,https,httpproxy,tcp,tls,rtp,srtp,udp,rtsp,rtmp,rtmps,rtmpt,ffrtmphttp,srt,crypto,data';

/** @param major ffmpeg's major version; undefined: unknown, taken as a new one */
export async function resolveInput(config: FfmpegConfig, major?: number): Promise<FfmpegInput> {
  const { input } = revealed(config);
  const kind = kindOf(input);
  if (kind === 'device' || kind === 'file') return { kind, args: ['-i', input], shown: input, secrets: [] };
  const address = await cameraAddress(config);
  const href = addressText(address);
  const shown = shownAddress(address);
  const transport = kind === 'rtsp' ? config.rtspTransport : undefined;
  const secrets = secretsIn(href);
  if (secrets.length === 0 && address.login === undefined) {
    const options = transport === undefined ? [] : ['-rtsp_transport', transport];
    return { kind, args: ['-protocol_whitelist', networkProtocols, ...options, '-i', href], shown, secrets };
  }
  // Options in the list are known from ffmpeg 5 on. Before it, RTSP tries UDP first, and TCP when that fails; and what the list
  // names inherits the pipe, which has nothing more to give then.
  const knowsOptions = major === undefined || major >= 5;
  const options = [
    `protocol_whitelist ${networkProtocols}`,
    ...(transport === undefined ? [] : [`rtsp_transport ${transport}`]),
  ];
  return {
    kind,
    args: ['-f', 'concat', '-safe', '0', '-protocol_whitelist', `pipe,${networkProtocols}`, '-i', 'pipe:3'],
    shown,
    privateInput: listOf(href, knowsOptions ? options : []),
    secrets,
  };
}

function listOf(href: string, options: readonly string[]): string {
  const file = `file '${href.replaceAll("'", "'\\''")}'`;
  return `${['ffconcat version 1.0', file, ...options.map((option) => `option ${option}`)].join('\n')}\n`;
}

export function kindOf(input: string): FfmpegInput['kind'] {
  if (/^rtsps?:/.test(input)) return 'rtsp';
  if (/^https?:/.test(input)) return 'http';
  if (/^(tcp|udp|rtmps?|srt):\/\//.test(input)) return 'live';
  return /^\/dev\/video\d+$|^\/dev\/v4l\//.test(input) ? 'device' : 'file';
}
