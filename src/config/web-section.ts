/** The part of the schema that describes goby's page. */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { Places } from './places.ts';
import { expects, path, pattern, section, text } from './values.ts';

const listenExpected = 'off, or ADDRESS:PORT to listen on';
const listenExample = '0.0.0.0:8971';

/** `off`, or an address (IPv6 in brackets) and a port. */
const listen = text(listenExpected, listenExample).refine((value) => value === 'off' || isListenAddress(value), {
  error: expects(listenExpected, listenExample),
});

export const webSection = section({
  /** Where the page is; other addresses than loopback need a password: `goby web password`. */
  listen: listen.default('127.0.0.1:8971'),
  /** Names, beside addresses and names of the local network, by which browsers may call the page. */
  hosts: z
    .array(pattern(/^[a-z0-9.-]{1,253}$/i, 'a host name', 'goby.example.org'), {
      error: expects('a list of host names', '[goby.example.org]'),
    })
    .max(20, { error: expects('at most 20 host names', '[goby.example.org]') })
    .default([]),
  /** A certificate and its key, in PEM: the page is then at https. */
  certificateFile: path('/etc/goby/web.crt').optional(),
  keyFile: path('/etc/goby/web.key').optional(),
});

/** Measurements for Prometheus on an address of their own, without the page and without a login. */
export const metricsSection = section({ listen: listen.default('off') });

export type WebConfig = z.output<typeof webSection>;
export type MetricsConfig = z.output<typeof metricsSection>;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Takes ADDRESS:PORT apart; undefined for `off`. */
export function listenAddress(value: string): ListenAddress | undefined {
  const groups = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<four>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(value)?.groups;
  if (groups === undefined) return undefined;
  return { host: groups['six'] ?? groups['four'] ?? '', port: Number(groups['port']) };
}

function isListenAddress(value: string): boolean {
  const address = listenAddress(value);
  if (address === undefined || address.port > 65_535) return false;
  return address.host === 'localhost' || isIP(address.host) !== 0;
}

/** Whether only programs of this machine reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The page's own files, in the state folder. */
export function webPlaces({ stateDir }: Pick<Places, 'stateDir'>): {
  readonly passwords: string;
  readonly sessions: string;
} {
  return { passwords: join(stateDir, 'web', 'passwords.json'), sessions: join(stateDir, 'web', 'sessions.json') };
}
