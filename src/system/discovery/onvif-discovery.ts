/**
 * Finds ONVIF cameras on the local network: WS-Discovery 1.0 (docs.oasis-open.org/ws-dd/discovery), a question to a multicast group that
 * cameras answer with their names and addresses. What strangers answer is bounded, and nothing of it is believed but text.
 */
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface FoundCamera {
  /** Host of its address, as an IP address. */
  readonly host: string;
  /** Maker and model, as far as it says. */
  readonly name: string;
  /** Where its ONVIF service listens. */
  readonly service: string;
}

export interface DiscoveryOptions {
  readonly waitMs?: number;
  readonly group?: string;
  readonly port?: number;
  /** Addresses of this machine to ask from; absent: all that lead to a network. */
  readonly from?: readonly string[];
}

const longestAnswerBytes = 16_384;
const mostCameras = 64;

/** Asks, and collects answers for a while. Resolves with none where there is no network. */
export async function findOnvifCameras({
  waitMs = 2500,
  group = '239.255.255.250',
  port = 3702,
  from = ownAddresses(),
}: DiscoveryOptions = {}): Promise<FoundCamera[]> {
  const found = new Map<string, FoundCamera>();
  await Promise.all(
    from.map((address) =>
      ask({ address, group, port, waitMs }, (answer, sender) => {
        const camera = cameraOf(answer, sender);
        if (camera !== undefined && found.size < mostCameras) found.set(camera.service, camera);
      }),
    ),
  );
  return [...found.values()].sort((a, b) => a.host.localeCompare(b.host, undefined, { numeric: true }));
}

function ask(
  { address, group, port, waitMs }: { address: string; group: string; port: number; waitMs: number },
  take: (answer: string, sender: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (): void => {
      clearTimeout(timer);
      socket.close(() => resolve());
    };
    const timer = setTimeout(end, waitMs);
    socket.once('error', end);
    socket.on('message', (bytes, { address: sender }) => {
      if (bytes.length <= longestAnswerBytes) take(bytes.toString('utf8'), sender);
    });
    socket.bind(0, address, () => {
      socket.setMulticastTTL(1);
      socket.setMulticastInterface(address);
      socket.send(probe(), port, group);
    });
  });
}

/** What asks for every network video transmitter. */
function probe(): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:${randomUUID()}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>`,
  );
}

/** Undefined for an answer that is none of a camera. */
export function cameraOf(answer: string, sender: string): FoundCamera | undefined {
  if (!/ProbeMatch/.test(answer)) return undefined;
  const addresses = textOf(answer, 'XAddrs')?.split(/\s+/) ?? [];
  // A camera with several networks lists an address in each: the one that answered is in ours.
  const service =
    addresses.find((address) => URL.canParse(address) && new URL(address).hostname === sender) ??
    addresses.find((address) => /^https?:\/\//.test(address) && URL.canParse(address));
  if (service === undefined) return undefined;
  const { hostname, protocol } = new URL(service);
  if ((protocol !== 'http:' && protocol !== 'https:') || isIP(hostname.replace(/^\[|\]$/g, '')) === 0) return undefined;
  const scopes = textOf(answer, 'Scopes') ?? '';
  const name = [scope(scopes, 'name'), scope(scopes, 'hardware')].filter((part) => part !== '').join(' ');
  return { host: hostname, name: name === '' ? hostname : name.slice(0, 100), service };
}

/** Text of the first element of this name, whatever its prefix. */
function textOf(xml: string, element: string): string | undefined {
  return new RegExp(`<(?:[A-Za-z0-9_-]+:)?${element}(?:\\s[^>]*)?>([^<]*)</`).exec(xml)?.[1]?.trim();
}

/** `onvif://www.onvif.org/name/Acme%20Cam` -> `Acme Cam`. */
function scope(scopes: string, kind: string): string {
  const coded = new RegExp(`onvif://www\\.onvif\\.org/${kind}/(\\S+)`).exec(scopes)?.[1] ?? '';
  try {
    return decodeURIComponent(coded).replaceAll(/\p{C}/gu, '');
  } catch {
    return '';
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
