/**
 * Login at a camera over HTTP: basic (RFC 7617) and digest (RFC 7616, with MD5, SHA-256 and SHA-512-256, and RFC 2069 for old
 * cameras). It answers no challenge but that of the camera, and takes the strongest that it is given.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Challenge, parseChallenges } from './challenges.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Names of RFC 7616 section 6.1 and what node:crypto calls them, the strongest first. */
const algorithms: readonly (readonly [name: string, hash: string])[] = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
];

export class CameraLogin {
  readonly #credentials: Credentials;
  readonly #randomText: () => string;
  #challenge: Challenge | undefined;
  /** Requests with the present nonce. */
  #count = 0;

  /** @param randomText for the client's nonce, of letters and digits */
  constructor(credentials: Credentials, randomText: () => string = () => randomBytes(16).toString('hex')) {
    this.#credentials = credentials;
    this.#randomText = randomText;
  }

  /**
   * Takes what a 401 asks for. `stale`: what was sent was right, only its nonce is too old. `none`: nothing that is asked for
   * can be answered.
   */
  challenged(headers: readonly string[]): 'asked' | 'stale' | 'none' {
    const challenge = strongest(parseChallenges(headers));
    if (challenge === undefined) return 'none';
    this.#challenge = challenge;
    this.#count = 0;
    return challenge.params.get('stale')?.toLowerCase() === 'true' ? 'stale' : 'asked';
  }

  /** The header Authorization for a request; undefined as long as nothing was asked for. @param target path and query */
  authorization(method: string, target: string): string | undefined {
    if (this.#challenge === undefined) return undefined;
    this.#count += 1;
    return this.#challenge.scheme === 'basic' ? this.#basic() : this.#digest(this.#challenge.params, method, target);
  }

  #basic(): string {
    const { user, password } = this.#credentials;
    return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  }

  /** RFC 7616 section 3.4. */
  #digest(params: ReadonlyMap<string, string>, method: string, target: string): string {
    const { user, password } = this.#credentials;
    const named = params.get('algorithm');
    const isSession = named?.toLowerCase().endsWith('-sess') ?? false;
    const hash = (text: string): string => createHash(hashOf(named)!).update(text, 'utf8').digest('hex');
    const realm = params.get('realm') ?? '';
    const nonce = params.get('nonce') ?? '';
    const qop = qopOf(params);
    const cnonce = this.#randomText();
    const nc = this.#count.toString(16).padStart(8, '0');
    const secret = hash(`${user}:${realm}:${password}`);
    const key = isSession ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
    const request = hash(`${method}:${target}`);
    const isHashed = params.get('userhash')?.toLowerCase() === 'true';
    const opaque = params.get('opaque');
    return `Digest ${[
      `username="${quote(isHashed ? hash(`${user}:${realm}`) : user)}"`,
      `realm="${quote(realm)}"`,
      `nonce="${quote(nonce)}"`,
      `uri="${target}"`,
      ...(named === undefined ? [] : [`algorithm=${named}`]),
      `response="${hash(qop ? `${key}:${nonce}:${nc}:${cnonce}:auth:${request}` : `${key}:${nonce}:${request}`)}"`,
      ...(qop ? ['qop=auth', `nc=${nc}`] : []),
      ...(qop || isSession ? [`cnonce="${cnonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque="${quote(opaque)}"`]),
      ...(isHashed ? ['userhash=true'] : []),
    ].join(', ')}`;
  }
}

/** Without qop it is a camera of RFC 2069. Undefined: only integrity of the body is offered, which a GET has none of. */
function qopOf(params: ReadonlyMap<string, string>): boolean | undefined {
  const qop = params.get('qop');
  if (qop === undefined || qop.trim() === '') return false;
  return qop
    .toLowerCase()
    .split(/[\s,]+/)
    .includes('auth')
    ? true
    : undefined;
}

/** What node:crypto calls the algorithm; without a name it is MD5. Undefined: none that can be answered. */
function hashOf(named: string | undefined): string | undefined {
  const name = (named ?? 'MD5').replace(/-sess$/i, '').toUpperCase();
  return algorithms.find(([known]) => known === name)?.[1];
}

function strongest(challenges: readonly Challenge[]): Challenge | undefined {
  const digests = challenges.filter(
    ({ scheme, params }) =>
      scheme === 'digest' && hashOf(params.get('algorithm')) !== undefined && qopOf(params) !== undefined,
  );
  const strength = ({ params }: Challenge): number =>
    algorithms.findIndex(([, hash]) => hash === hashOf(params.get('algorithm')));
  digests.sort((one, other) => strength(one) - strength(other));
  return digests[0] ?? challenges.find(({ scheme }) => scheme === 'basic');
}

function quote(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}
