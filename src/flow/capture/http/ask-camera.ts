/** One request to a camera over HTTP: followed through login and redirects, within bounds, up to the answer's first byte. */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { CameraLogin } from './camera-login.ts';
import { answerFailure, connectionFailure, loginFailure, redirectFailure } from './http-failure.ts';

export interface CameraAddress {
  /** http: or https:, without user and password. */
  readonly url: URL;
  /** For logs and states. */
  readonly shown: string;
}

export interface AskOptions {
  readonly address: CameraAddress;
  /** Undefined: no user and password are configured. */
  readonly login: CameraLogin | undefined;
  readonly signal: AbortSignal;
  readonly tls?: TlsOptions | undefined;
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: Buffer;
}

const mostRedirects = 5;
/** One without login, one with, and one more when the nonce had become too old. */
const mostLogins = 2;
const mostHeaderBytes = 16_384;

/**
 * Resolves with an answer of status 200, whose body is still to be read; whoever gets it must read or destroy it.
 * @throws UnavailableError that says why there is none, or the signal's reason
 */
export async function askCamera(options: AskOptions): Promise<IncomingMessage> {
  const { address, login } = options;
  let { url } = address;
  let logins = 0;
  for (let redirects = 0; ; ) {
    // The password is for the camera that was named, not for one that it sends goby to.
    const isSameHost = url.host === address.url.host;
    const answer = await send(url, options, isSameHost ? login?.authorization('GET', targetOf(url)) : undefined);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    const challenges = (answer.headersDistinct['www-authenticate'] ?? []).map(textOf);
    const location = answer.headers.location;
    await close(answer);
    if (status === 401) {
      const asked = isSameHost ? login?.challenged(challenges) : undefined;
      logins += 1;
      const isRefused = logins > 1 && asked !== 'stale';
      if (asked === undefined || asked === 'none' || isRefused || logins > mostLogins) {
        throw loginFailure(address.shown, asked, challenges);
      }
    } else if (status >= 300 && status < 400 && location !== undefined) {
      redirects += 1;
      if (redirects > mostRedirects)
        throw redirectFailure(address.shown, `redirects goby more than ${mostRedirects} times`);
      url = redirected(url, location, address.shown);
    } else throw answerFailure(address.shown, status);
  }
}

/** Node reads and writes headers as Latin-1; realms and users with other letters are UTF-8. */
function textOf(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? header : text;
}

function headerOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function targetOf(url: URL): string {
  return `${url.pathname}${url.search}`;
}

function redirected(from: URL, location: string, shown: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol)) {
    throw redirectFailure(shown, 'redirects goby to something that is no http:// address');
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw redirectFailure(shown, 'redirects goby from https:// to http://, which is not encrypted');
  }
  to.username = '';
  to.password = '';
  return to;
}

function send(
  url: URL,
  { address, signal, tls }: AskOptions,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const asking = (isSecure ? requestSecure : requestPlain)({
      ...urlToHttpOptions(url),
      method: 'GET',
      // A connection of its own, closed at the end: some cameras serve one at a time.
      agent: false,
      headers: {
        accept: 'multipart/x-mixed-replace, image/jpeg, image/*;q=0.9, */*;q=0.5',
        'user-agent': 'goby',
        connection: 'close',
        ...(authorization === undefined ? {} : { authorization: headerOf(authorization) }),
      },
      maxHeaderSize: mostHeaderBytes,
      // Small cameras write their headers by hand: bare line feeds, spaces before a colon, lengths that don't fit.
      insecureHTTPParser: true,
      signal,
      ...(isSecure ? tls : {}),
    });
    asking.once('response', resolve);
    asking.on('error', (error) => {
      reject(signal.aborted ? signal.reason : connectionFailure(address.shown, error));
    });
    asking.end();
  });
}

/** Ends the connection and waits until it has ended. */
export function close(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    answer.once('close', () => resolve());
    answer.on('error', () => undefined);
    if (answer.closed) resolve();
    else answer.destroy();
  });
}
