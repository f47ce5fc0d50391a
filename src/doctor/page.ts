/** Where is the page, and who can open it? */
import { networkInterfaces } from 'node:os';
import { isLoopback, listenAddress, type WebConfig } from '../config/web-section.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface PageFacts {
  readonly config: WebConfig;
  /** What the agent says of its page; absent: no agent runs, or it has none. */
  readonly part?: { readonly state: string; readonly detail?: string | undefined } | undefined;
  /** IPv4 addresses of this machine in its networks. */
  readonly addresses: readonly string[];
}

export function checkPage({ config, part, addresses }: PageFacts): Finding {
  const listens = listenAddress(config.listen);
  if (listens === undefined) return ok('page', 'The page is off.', 'Switch it on with web.listen: 127.0.0.1:8971');
  if (part?.state === 'unavailable') return fail('page', part.detail ?? 'The page is not there.');
  if (isLoopback(listens.host)) {
    const address = part?.detail ?? `http://${listens.host}:${listens.port}/`;
    return ok(
      'page',
      `The page is at ${address} for browsers of this machine.`,
      'For a phone: sudo -u goby goby web password, and web.listen: 0.0.0.0:8971',
    );
  }
  const address = pageAddress(config, addresses);
  if (address === undefined) return warn('page', 'The page listens, but this machine is in no network.');
  return part === undefined
    ? ok('page', `The page will be at ${address} when the agent runs.`)
    : ok('page', `The page is at ${address}`);
}

/** The address for a phone in the same network; undefined where only this machine can open the page. */
export function pageAddress(config: WebConfig, addresses: readonly string[]): string | undefined {
  const listens = listenAddress(config.listen);
  if (listens === undefined || isLoopback(listens.host)) return undefined;
  const isAny = listens.host === '0.0.0.0' || listens.host === '::';
  const host = isAny ? addresses[0] : listens.host.includes(':') ? `[${listens.host}]` : listens.host;
  if (host === undefined) return undefined;
  return `${config.certificateFile === undefined ? 'http' : 'https'}://${host}:${listens.port}/`;
}

/** Addresses in networks, those that homes have first. */
export function networkAddresses(): string[] {
  const isHome = (address: string): boolean => /^(192\.168|10|172\.(1[6-9]|2\d|3[01]))\./.test(address);
  return Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
    .sort((a, b) => Number(isHome(b)) - Number(isHome(a)));
}
