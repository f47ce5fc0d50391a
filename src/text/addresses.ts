/**
 * Addresses of cameras, brokers and servers as people paste them: taken apart, and masked. A password in one may hold any
 * character, so what stands in front of the host is found by what looks like a host, not by the rules for URLs alone.
 */

export interface Address {
  /** In small letters, without :// */
  readonly scheme: string;
  readonly login: Login | undefined;
  /** Host, port, path and query, as they were written. */
  readonly rest: string;
}

export interface Login {
  readonly user: string;
  /** Undefined: only a user was given. */
  readonly password: string | undefined;
}

/** What stands in place of a secret. */
export const mask = '***';

/** Names of query values that are, or belong to, a secret. `user` too: with some cameras it is all there is. */
const credentialName =
  /pass|pwd|psw|token|secret|key$|auth|cred|user|usr|login|account|signature|jwt|session|otp$|^(u|p|pw|pin|sid|sig|hash|code)$/i;

/** Undefined for what has no scheme. */
export function parseAddress(text: string): Address | undefined {
  const [, scheme, behind] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || behind === undefined) return undefined;
  const at = loginEnd(behind);
  const login = at < 0 ? undefined : parseLogin(behind.slice(0, at));
  return { scheme: scheme.toLowerCase(), login, rest: behind.slice(at + 1) };
}

/** The address with a login, each part of which is percent-encoded; without one when there is none. */
export function addressText({ scheme, login, rest }: Address): string {
  if (login === undefined) return `${scheme}://${rest}`;
  const password = login.password === undefined ? '' : `:${encodeURIComponent(login.password)}`;
  return `${scheme}://${encodeURIComponent(login.user)}${password}@${rest}`;
}

/** A value that may be an address, also a mistyped one, without user, password, and query values that look like a credential. */
export function maskAddress(value: string): string {
  const [, scheme, behind] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(value) ?? [];
  if (scheme !== undefined && behind !== undefined) return scheme + maskBehindScheme(behind);
  const at = value.lastIndexOf('@');
  // user:password@host, or rtsp:/user:password@host
  const rest = at > value.indexOf(':') && value.includes(':') ? mask + value.slice(at) : value;
  return /\?|[a-z]:\//i.test(rest) ? maskQuery(rest) : rest;
}

/** The same for every address in a text. */
export function maskAddresses(text: string): string {
  if (!text.includes('://')) return text;
  // Up to a space or a quotation mark that isn't escaped, as in JSON.
  return text.replace(
    /([a-z][a-z0-9+.-]*:\/\/)((?:\\.|[^\s"\\])+)/gi,
    (_all, scheme: string, behind: string) => scheme + maskBehindScheme(behind),
  );
}

/** A line of a file that can't be read as it should: what may be a secret is masked, and more than that where it is unclear. */
export function maskLine(line: string): string {
  const withoutLogins = line.replace(/([a-z][a-z0-9+.-]*:\/+|[^\s:]*:(?=\S)).*@/i, `$1${mask}@`);
  const withoutValues = withoutLogins.replace(
    /^(.*?(?:pass|pwd|secret|token|credential)[^:=]*[:=]\s*)\S.*$/i,
    `$1${mask}`,
  );
  return maskAddresses(withoutValues);
}

/** True when the address can open something: it holds a password or a query value that looks like a credential. */
export function holdsSecret(value: string): boolean {
  return secretsIn(value).length > 0;
}

/** Every secret of an address in every spelling that a program might print, longest first. */
export function secretsIn(value: string): string[] {
  const address = parseAddress(value);
  if (address === undefined) return [];
  const { login, rest } = address;
  const written = [...(login?.password === undefined ? [] : [login.password]), ...queryCredentials(rest)];
  return [...new Set(written.flatMap(spellings))].filter((text) => text !== '').sort((a, b) => b.length - a.length);
}

/** As it was written, decoded, and encoded. */
export function spellings(secret: string): string[] {
  const plain = decoded(secret);
  return [secret, plain, encodeURIComponent(plain), encodeURI(plain)];
}

/** What is masked may be more than the login, never less: up to the last @. */
function maskBehindScheme(behind: string): string {
  const at = behind.lastIndexOf('@');
  const hasLogin = at > 0 && (behind.search(/[/?#]/) > behind.indexOf('@') || !/[/?#]/.test(behind.slice(0, at)));
  const hasPassword = at > 0 && behind.slice(0, at).includes(':');
  const rest = hasLogin || hasPassword ? behind.slice(at + 1) : behind;
  return (rest === behind ? '' : `${mask}@`) + maskQuery(rest);
}

function maskQuery(rest: string): string {
  return parts(rest)
    .map(({ text, valueAt }) => (valueAt === undefined ? text : text.slice(0, valueAt) + mask))
    .join('&');
}

function queryCredentials(rest: string): string[] {
  return parts(rest).flatMap(({ text, valueAt }) => (valueAt === undefined ? [] : [text.slice(valueAt)]));
}

/** What stands between &, and where in it a credential begins. Cameras also take them in the path: /user=admin_password=x */
function parts(rest: string): { text: string; valueAt: number | undefined }[] {
  return rest.split('&').map((text) => {
    const found = [...text.matchAll(/([\w.%-]+)=/g)].find(([, name = '']) => credentialName.test(name));
    return { text, valueAt: found === undefined ? undefined : found.index + found[0].length };
  });
}

function parseLogin(text: string): Login {
  const colon = text.indexOf(':');
  if (colon < 0) return { user: decoded(text), password: undefined };
  return { user: decoded(text.slice(0, colon)), password: decoded(text.slice(colon + 1)) };
}

/** A % that begins no escape means that nothing was encoded. */
function decoded(text: string): string {
  if (/%(?![0-9a-f]{2})/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where the @ stands that ends the login; -1: there is none. */
function loginEnd(behind: string): number {
  const hosts = [...behind.matchAll(/@/g)]
    .map(({ index }) => ({ at: index, strength: hostStrength(behind.slice(index + 1)) }))
    .filter(({ at, strength }) => at > 0 && strength > 0 && isLogin(behind, at, strength));
  // A question mark ends the address of the host, unless nothing before it can be one.
  const query = behind.search(/[?#]/);
  const before = hosts.filter(({ at }) => query < 0 || at < query);
  const found = before.length > 0 ? before : hosts;
  return found.reduce((best, one) => (one.strength >= best.strength ? one : best), { at: -1, strength: 0 }).at;
}

/** In front of a slash an @ ends a login; behind one only where there is a password, and the beginning is not itself a host. */
function isLogin(behind: string, at: number, strength: number): boolean {
  const login = behind.slice(0, at);
  if (!/[/?#]/.test(login)) return true;
  if (!login.includes(':')) return false;
  const first = hostStrength(behind);
  return strength > first || (strength === first && !/^[^/:?#]*\./.test(behind));
}

/** How much what stands here looks like a host: 3 an IP address, 2 a name with dots or a port, 1 any name, 0 none. */
function hostStrength(text: string): number {
  const [, host = '', port] =
    /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.?)(:\d{1,5})?(?=[/?#]|$)/iu.exec(text) ?? [];
  if (host === '') return 0;
  if (host.startsWith('[') || host === 'localhost' || /^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return 3;
  const isPicture = /\.(jpe?g|png|cgi|mjpe?g|sdp)$/i.test(host) && port === undefined;
  return !isPicture && (port !== undefined || host.includes('.')) ? 2 : 1;
}
