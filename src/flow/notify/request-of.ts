/** What a recipient's server is sent, and what its answer means. Pure functions. */
import type { NtfyConfig, RecipientConfig, TelegramConfig, WebhookConfig } from '../../config/notify-section.ts';
import type { Delivery, Notification } from './notification.ts';

export interface NotifyRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | FormData;
}

/** @param token the first line of the recipient's token file */
export function requestOf(
  recipient: RecipientConfig,
  notification: Notification,
  token: string | undefined,
  picture: Uint8Array<ArrayBuffer> | undefined,
): NotifyRequest {
  const shown = recipient.picture ? picture : undefined;
  switch (recipient.type) {
    case 'ntfy':
      return ntfyRequest(recipient, notification, token, shown);
    case 'telegram':
      return telegramRequest(recipient, notification, token ?? '', shown);
    case 'webhook':
      return webhookRequest(recipient, notification, token, shown);
  }
}

/** docs.ntfy.sh/publish: headers are ASCII, so texts go as parameters; the picture is the body. */
function ntfyRequest(
  { server, topic, priority }: NtfyConfig,
  { title, text }: Notification,
  token: string | undefined,
  picture: Uint8Array<ArrayBuffer> | undefined,
): NotifyRequest {
  const url = new URL(`${server.replace(/\/$/, '')}/${topic}`);
  url.searchParams.set('title', title);
  url.searchParams.set('priority', priority);
  if (picture !== undefined) {
    url.searchParams.set('message', text);
    url.searchParams.set('filename', 'event.jpg');
  }
  return { url: url.href, headers: bearer(token), body: picture ?? text };
}

/** core.telegram.org/bots/api: sendPhoto and sendMessage. */
function telegramRequest(
  { server, chat }: TelegramConfig,
  { title, text }: Notification,
  token: string,
  picture: Uint8Array<ArrayBuffer> | undefined,
): NotifyRequest {
  const base = `${server.replace(/\/$/, '')}/bot${token}`;
  const words = `${title}\n${text}`;
  if (picture === undefined) {
    return {
      url: `${base}/sendMessage`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ chat_id: chat, text: words }),
    };
  }
  const body = new FormData();
  body.set('chat_id', chat);
  body.set('caption', words.slice(0, 1024));
  body.set('photo', new Blob([picture], { type: 'image/jpeg' }), 'event.jpg');
  return { url: `${base}/sendPhoto`, headers: {}, body };
}

function webhookRequest(
  { address }: WebhookConfig,
  notification: Notification,
  token: string | undefined,
  picture: Uint8Array<ArrayBuffer> | undefined,
): NotifyRequest {
  const { atMs, ...rest } = notification;
  const told = {
    ...rest,
    time: new Date(atMs).toISOString(),
    ...(picture === undefined ? {} : { picture: Buffer.from(picture).toString('base64') }),
  };
  return {
    url: address,
    headers: { 'Content-Type': 'application/json', ...bearer(token) },
    body: JSON.stringify(told),
  };
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * 2xx: it has it. 408, 425, 429 and 5xx pass with time; every other answer would be the same again.
 * @param retryAfter the header of that name, seconds
 */
export function deliveryOf(status: number, retryAfter: string | null): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const seconds = Number(retryAfter);
  const wait = retryAfter !== null && seconds > 0 ? { waitMs: 1000 * seconds } : {};
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'later', reason: `it answered ${status}`, ...wait };
  }
  const hint =
    status === 401 || status === 403
      ? ': the token is wrong or may not do this'
      : status === 404
        ? ': there is nothing at this address'
        : '';
  return { kind: 'refused', reason: `it answered ${status}${hint}` };
}
