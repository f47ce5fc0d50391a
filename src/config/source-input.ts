/** What ffmpeg and goby may be pointed at: devices, files and addresses of cameras, checked when they are loaded. */

/** Schemes of addresses, and whether they need a port. */
const schemes: Readonly<Record<string, { readonly needsPort: boolean }>> = {
  rtsp: { needsPort: false },
  rtsps: { needsPort: false },
  http: { needsPort: false },
  https: { needsPort: false },
  rtmp: { needsPort: false },
  rtmps: { needsPort: false },
  tcp: { needsPort: true },
  udp: { needsPort: true },
  srt: { needsPort: true },
};

export const inputExpected =
  'a device, a file path that starts with / or ./, or an address that starts with rtsp://, http://, tcp://, udp://, rtmp:// or srt://';

/** Whether an address looks like that of a single picture, rather than of a stream. */
export function isPictureAddress(input: string): boolean {
  return /^https?:.*\.(jpe?g|png|webp)([?#]|$)/i.test(input);
}

/** What has to be there instead, in words that follow `expected`; undefined for what can be used. */
export function inputFault(input: string): string | undefined {
  if (/\p{Cc}/u.test(input)) return 'a device, path or address without control characters';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(input)?.[1];
  if (scheme === undefined) return /^(\/|\.\.?\/)./.test(input) ? undefined : inputExpected;
  if (scheme.toLowerCase() === 'file') {
    return 'the path of a file as it is, without file:// (no address leads to a file of this device, so that none of a camera can)';
  }
  const known = schemes[scheme];
  if (known === undefined) {
    return `an address that starts with ${Object.keys(schemes).join('://, ')}:// (in small letters)`;
  }
  if (/\s/.test(input)) return 'an address without spaces: a space in it is written %20';
  return addressFault(input.slice(scheme.length + 3), known.needsPort);
}

/** @param rest what stands behind the scheme */
function addressFault(rest: string, needsPort: boolean): string | undefined {
  // A password may hold any character: the host is what stands behind the last @ of the first part.
  const authority = rest.slice(rest.lastIndexOf('@') + 1).split(/[/?#]/, 1)[0]!;
  const [, host = '', port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(authority) ?? [];
  // udp://@:5000 and srt://:5000 wait for whoever sends.
  if (host === '' && !(needsPort && port !== undefined))
    return 'an address with a host, as in rtsp://192.168.1.20/stream';
  if (port === undefined) return needsPort ? 'an address with a port, as in tcp://192.168.1.20:8888' : undefined;
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? undefined : 'a port from 1 to 65535 behind the host';
}

/** What may have been meant: a path for file://, a scheme in small letters, a path or an address without its beginning. */
export function inputsMeant(found: unknown): string[] {
  if (typeof found === 'number') return [`/dev/video${found}`];
  if (typeof found !== 'string') return [];
  const text = found.trim();
  if (/^\d{1,2}$/.test(text)) return [`/dev/video${Number(text)}`];
  if (/^video\d+$/.test(text)) return [`/dev/${text}`];
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    const isHost = /^[\w.-]+:\d+(\/|$)|^\d{1,3}(\.\d{1,3}){3}(\/|$)/.test(text);
    return isHost ? [`rtsp://${text}`] : [`./${text}`];
  }
  if (scheme.toLowerCase() === 'file') return [decoded(rest.replace(/^localhost(?=\/)/, ''))];
  const address = `${scheme.toLowerCase()}://${rest.replace(/\s/g, '%20')}`;
  return [address];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
