/** The camera's side of login over HTTP, written after RFC 7616 and RFC 7617 apart from goby's own. */
import { createHash } from 'node:crypto';

export interface LoginRules {
  readonly user: string;
  readonly password: string;
  readonly scheme: 'basic' | 'digest';
  /** Digest: MD5 (when absent, and then not named), SHA-256, MD5-sess, ... */
  readonly algorithm?: string;
  /** Digest: without it as in RFC 2069. */
  readonly qop?: string;
  /** Digest: each nonce is good for so many requests, then it is stale. */
  readonly uses?: number;
  /** Headers in place of the usual challenge. */
  readonly challenges?: readonly string[];
}

const realm = 'camera "1", Süd';
const opaque = '5ccc069c403ebaf9f0171e9517f40e41';
const counts = new WeakMap<LoginRules, number>();
const nonces = new WeakMap<LoginRules, number>();

/** @returns the refusal, undefined for a right login */
export function acceptsLogin(rules: LoginRules, request: readonly string[]): string | undefined {
  const written = request.find((line) => /^authorization:/i.test(line))?.replace(/^authorization:\s*/i, '');
  if (written === undefined) return refusal(rules, false);
  const header = Buffer.from(written, 'latin1').toString('utf8');
  const target = request[0]!.split(' ')[1]!;
  if (rules.scheme === 'basic') {
    const right = `Basic ${Buffer.from(`${rules.user}:${rules.password}`).toString('base64')}`;
    return header === right ? undefined : refusal(rules, false);
  }
  const value = (name: string): string =>
    new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,]*))`, 'i')
      .exec(header)
      ?.slice(1)
      .find((text) => text !== undefined)
      ?.replace(/\\(.)/g, '$1') ?? '';
  const algorithm = rules.algorithm ?? 'MD5';
  const hash = (text: string): string =>
    createHash(/^SHA-256/i.test(algorithm) ? 'sha256' : /^SHA-512-256/i.test(algorithm) ? 'sha512-256' : 'md5')
      .update(text)
      .digest('hex');
  const base = hash(`${rules.user}:${realm}:${rules.password}`);
  const key = /-sess$/i.test(algorithm) ? hash(`${base}:${value('nonce')}:${value('cnonce')}`) : base;
  const tail = hash(`GET:${target}`);
  const expected =
    rules.qop === undefined
      ? hash(`${key}:${value('nonce')}:${tail}`)
      : hash(`${key}:${value('nonce')}:${value('nc')}:${value('cnonce')}:auth:${tail}`);
  const isRight =
    header.startsWith('Digest ') &&
    value('username') === rules.user &&
    value('realm') === realm &&
    value('uri') === target &&
    value('opaque') === opaque &&
    value('response') === expected;
  if (!isRight) return refusal(rules, false);
  const count = (counts.get(rules) ?? 0) + 1;
  counts.set(rules, count);
  const isOld = value('nonce') !== nonceOf(rules) || (rules.uses !== undefined && count > rules.uses);
  if (!isOld && rules.qop !== undefined && value('nc') !== count.toString(16).padStart(8, '0'))
    return refusal(rules, false);
  return isOld ? refusal(rules, true) : undefined;
}

function nonceOf(rules: LoginRules): string {
  return `nonce${nonces.get(rules) ?? 0}`;
}

function refusal(rules: LoginRules, isStale: boolean): string {
  nonces.set(rules, (nonces.get(rules) ?? 0) + 1);
  counts.set(rules, 0);
  const { algorithm, qop } = rules;
  const digest = [
    `Digest realm="${realm.replace(/"/g, '\\"')}"`,
    ...(qop === undefined ? [] : [`qop="${qop}"`]),
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    `nonce="${nonceOf(rules)}"`,
    `opaque="${opaque}"`,
    ...(isStale ? ['stale=TRUE'] : []),
  ].join(', ');
  const challenges = rules.challenges ?? [rules.scheme === 'basic' ? 'Basic realm="camera"' : digest];
  const body = '<html>401</html>';
  return [
    'HTTP/1.1 401 Unauthorized',
    ...challenges.map((one) => `WWW-Authenticate: ${one}`),
    'Content-Type: text/html',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
