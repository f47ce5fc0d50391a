/** The cookie that carries a session. */

const name = 'goby-session';
/** As long as a session that is used now and then: the server ends it earlier when it isn't. */
const maxAgeSeconds = 180 * 86_400;

/**
 * Without a path, so that the browser takes the folder the page lies in: behind a reverse proxy that is not the root.
 * @param secure whether the browser came over https
 */
export function sessionCookie(token: string, secure: boolean): string {
  return `${name}=${token}; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure ? '; Secure' : ''}`;
}

export function endedCookie(): string {
  return `${name}=; HttpOnly; SameSite=Strict; Max-Age=0`;
}

/** The token of a Cookie header. */
export function sessionToken(cookies: string | undefined): string | undefined {
  const found = new RegExp(`(?:^|; *)${name}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(cookies ?? '');
  return found?.[1];
}
