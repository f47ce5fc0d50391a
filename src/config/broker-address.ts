/** Addresses of MQTT brokers: checked when they are loaded, as what can't be one ends badly much later. */
import { isIPv4, isIPv6 } from 'node:net';
import { addressText, parseAddress } from '../text/addresses.ts';

/** Ports by convention; the IANA registers 8883 for MQTT over TLS. */
export const mqttPorts = { plain: 1883, tls: 8883 } as const;

/** What has to be there instead, in words that follow `expected`; undefined for an address that can be used. */
export function addressFault(address: string): string | undefined {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/s.exec(address) ?? [];
  if (scheme === undefined || rest === undefined) return generalAddress;
  if (scheme !== 'mqtt' && scheme !== 'mqtts') return foreignScheme(scheme);
  const place = parseAddress(address)?.rest ?? rest;
  const [, host = '', port, behind] = /^(\[[^\]]*\]|[^:/?#[\]]*)(?::([^/?#]*))?(.*)$/s.exec(place) ?? [];
  const isUnbracketed = /^[^/?#]*(\[|:[^/?#]*:)/.test(place) && !host.startsWith('[');
  if (isUnbracketed) return 'an IPv6 address in brackets, as in mqtt://[::1]:1883';
  const path = behind === '' || behind === '/';
  return hostFault(host) ?? portFault(port) ?? (path ? undefined : 'an address that ends with its host or port');
}

const generalAddress = 'embedded, off, or an address mqtt://host:port or mqtts://host:port';

/** The address that is connected to, and shown: without user and password. */
export function brokerAddress(broker: string): string {
  const address = parseAddress(broker);
  return address === undefined ? broker : addressText({ ...address, login: undefined });
}

function foreignScheme(scheme: string): string {
  if (/^wss?$/i.test(scheme)) {
    return `an address that begins with mqtt:// or mqtts://, at the broker's own port: goby doesn't speak MQTT over WebSockets`;
  }
  return 'an address that begins with mqtt:// or, with TLS, mqtts://';
}

function hostFault(host: string): string | undefined {
  if (host === '') return 'an address with a host, as in mqtt://homeassistant.local:1883';
  if (host.startsWith('[')) {
    return isIPv6(host.slice(1, -1)) && !host.includes('%')
      ? undefined
      : 'an IPv6 address in the brackets, as in mqtt://[::1]:1883, without a zone';
  }
  if (/^[\d.]+$/.test(host)) return isIPv4(host) ? undefined : 'an IPv4 address of four numbers from 0 to 255';
  const isName = host.length <= 253 && /^[\p{L}\p{N}_-]{1,63}(\.[\p{L}\p{N}_-]{1,63})*\.?$/u.test(host);
  return isName ? undefined : 'a host name of letters, digits, - and _ between dots';
}

function portFault(port: string | undefined): string | undefined {
  if (port === undefined) return undefined;
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? undefined : 'a port from 1 to 65535 behind the host';
}

const schemesMeant: Readonly<Record<string, string>> = {
  tcp: 'mqtt',
  http: 'mqtt',
  ssl: 'mqtts',
  tls: 'mqtts',
  https: 'mqtts',
};

/** Addresses that may have been meant: with the scheme in small letters, in goby's words, or put before a bare host. */
export function addressesMeant(found: unknown): string[] {
  if (typeof found !== 'string') return [];
  const text = found.trim();
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    const withBrackets = isIPv6(text) ? `[${text}]` : text;
    return /^(embedded|off)$/i.test(text) ? [text.toLowerCase()] : [`mqtt://${withBrackets}`];
  }
  const lower = scheme.toLowerCase();
  const bare = rest.slice(rest.lastIndexOf('@') + 1).replace(/[/?#].*$/s, '');
  // This is the port of another protocol, not of MQTT.
  const host = /^(wss?|https?)$/.test(lower) ? bare.replace(/:\d*$/, '') : bare;
  const meant = lower === 'ws' ? 'mqtt' : lower === 'wss' ? 'mqtts' : (schemesMeant[lower] ?? lower);
  return [`${meant}://${host}`, `${meant}://${host.replace(/:[^:\]]*$/, '')}`];
}
