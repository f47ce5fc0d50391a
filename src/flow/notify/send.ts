/** Sends one notification over the network. */
import { readFile } from 'node:fs/promises';
import type { RecipientConfig } from '../../config/notify-section.ts';
import { sentence } from '../../errors.ts';
import type { Delivery, Notification } from './notification.ts';
import { deliveryOf, requestOf } from './request-of.ts';

/** A server that takes longer is tried again. */
const patienceMs = 20_000;

/** Never rejects, and never says a token. */
export async function send(
  recipient: RecipientConfig,
  notification: Notification,
  picture: Uint8Array<ArrayBuffer> | undefined,
  signal: AbortSignal,
): Promise<Delivery> {
  const { tokenFile } = recipient;
  let token: string | undefined;
  try {
    token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim().split(/\r?\n/, 1)[0];
  } catch (error) {
    return {
      kind: 'later',
      reason: `${tokenFile} can't be read: ${(error as NodeJS.ErrnoException).code}`,
      waitMs: 60_000,
    };
  }
  if (token === '' || (token !== undefined && !/^[\x21-\x7e]+$/.test(token))) {
    return { kind: 'refused', reason: `the first line of ${tokenFile} is no token` };
  }
  const { url, headers, body } = requestOf(recipient, notification, token, picture);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      // Another address than the configured one gets no token.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
    await answer.body?.cancel();
    return deliveryOf(answer.status, answer.headers.get('retry-after'));
  } catch (error) {
    return { kind: 'later', reason: reasonOf(error) };
  }
}

/** Undici wraps what happened: the cause says it. The address, which may hold a token, is in none of these. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as NodeJS.ErrnoException;
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${patienceMs / 1000} s`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'its name is not known: no network, or a mistake in the address';
  return code ?? sentence(cause).slice(0, 200);
}
