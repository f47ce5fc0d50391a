/** The part of the schema that describes who is told of alerts: a phone through ntfy or Telegram, or a program through a webhook. */
import { z } from 'zod';
import { expects, flag, oneOf, path, pattern, section } from './values.ts';

const address = (example: string) =>
  pattern(/^https?:\/\/[^\s\p{Cc}@]+$/u, 'an http:// or https:// address without user and password', example);

const ntfy = section({
  type: z.literal('ntfy'),
  /** ntfy.sh, or a server of your own. */
  server: address('https://ntfy.sh').default('https://ntfy.sh'),
  /** Whoever knows it can read along on a public server: make it long. */
  topic: pattern(/^[A-Za-z0-9_-]{1,64}$/, 'a topic: 1 to 64 of letters, digits, _ and -', 'goby-k3yX9w2m'),
  /** File whose first line is an access token. */
  tokenFile: path('/etc/goby/ntfy-token').optional(),
  priority: oneOf(['min', 'low', 'default', 'high', 'max']).default('high'),
  picture: flag().default(true),
});

const telegram = section({
  type: z.literal('telegram'),
  server: address('https://api.telegram.org').default('https://api.telegram.org'),
  /** File whose first line is the bot's token. */
  tokenFile: path('/etc/goby/telegram-token'),
  chat: pattern(/^(-?\d{1,20}|@[A-Za-z0-9_]{1,64})$/, 'a chat id in quotes, or @channel', '"123456789"'),
  picture: flag().default(true),
});

const webhook = section({
  type: z.literal('webhook'),
  address: address('https://example.org/goby'),
  /** File whose first line is sent as `Authorization: Bearer ...`. */
  tokenFile: path('/etc/goby/webhook-token').optional(),
  /** Adds the picture as `picture`, a JPEG in base64. */
  picture: flag().default(false),
});

export const recipientSection = z.discriminatedUnion('type', [ntfy, telegram, webhook], {
  error: expects('a recipient with type ntfy, telegram or webhook', '{ type: ntfy, topic: goby-k3yX9w2m }'),
});

export type RecipientConfig = z.output<typeof recipientSection>;
export type NtfyConfig = z.output<typeof ntfy>;
export type TelegramConfig = z.output<typeof telegram>;
export type WebhookConfig = z.output<typeof webhook>;
