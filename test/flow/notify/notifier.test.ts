/** Alerts reach people: through a real HTTP server that does what ntfy, Telegram and webhooks do, and fails as they do. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type RecipientConfig, recipientSection } from '../../../src/config/notify-section.ts';
import type { NotifyAction } from '../../../src/flow/decide/action.ts';
import { fillText } from '../../../src/flow/notify/notification.ts';
import { Notifier, type NotifierOptions } from '../../../src/flow/notify/notifier.ts';
import { deliveryOf } from '../../../src/flow/notify/request-of.ts';
import { send } from '../../../src/flow/notify/send.ts';
import { silentLogger } from '../../../src/logger.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { event } from '../decide/rule-samples.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server that answers with the next of these, and then with 200. */
async function server(t: ExecutionContext, answers: (number | [number, Record<string, string>])[] = []) {
  const received: Received[] = [];
  const waiting: (() => void)[] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers.shift() ?? 200;
      const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
      response.writeHead(status, headers).end('{}');
      received.push({ url: request.url!, headers: request.headers, body: Buffer.concat(chunks) });
      for (const resolve of waiting.splice(0)) resolve();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { address: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, received, until };
}

function notifier(t: ExecutionContext, recipients: Record<string, object>, change: Partial<NotifierOptions> = {}) {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const folder = change.folder ?? temporaryFolder(t);
  const subject = new Notifier({
    recipients: Object.fromEntries(
      Object.entries(recipients).map(([name, config]): [string, RecipientConfig] => [
        name,
        recipientSection.parse(config),
      ]),
    ),
    folder,
    logger: { ...silentLogger, warn: log, info: log },
    deviceName: 'Haustür',
    picture: async () => Buffer.from('a picture'),
    send,
    retry: { firstMs: 5, factor: 2, maxMs: 20 },
    ...change,
  });
  t.teardown(() => subject.stop());
  return { subject, lines, folder };
}

const alert = (to: string, text = '{label} on {camera}'): NotifyAction => ({
  kind: 'notify',
  to,
  text,
  rule: 'night',
  reason: '',
  event: event('new a person 0.83 front drive', { startMs: Date.now() }),
});

const files = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

/** Resolves when nothing waits any more. */
async function idle(subject: Notifier): Promise<void> {
  while (subject.report().waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('ntfy gets the picture as the body and texts in any script as parameters, with the token', async (t) => {
  const { address, received, until } = await server(t);
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, 'tk_secret\n');
  const { subject, folder } = notifier(t, { phone: { type: 'ntfy', server: address, topic: 'goby-x', tokenFile } });
  await subject.start();
  subject.notify(alert('phone', '{label} at the dör, {score}, {zone}, {nothing}'));
  await until(1);
  const { url, headers, body } = received[0]!;
  const { pathname, searchParams } = new URL(url, address);
  t.is(pathname, '/goby-x');
  t.is(searchParams.get('title'), 'Haustür: person');
  t.is(searchParams.get('message'), 'person at the dör, 83 %, drive, {nothing}');
  t.is(searchParams.get('priority'), 'high');
  t.is(headers.authorization, 'Bearer tk_secret');
  t.is(body.toString(), 'a picture');
  await idle(subject);
  t.deepEqual(files(folder), []);
  t.deepEqual(subject.report(), { waiting: 0, deliveredTotal: 1, lostTotal: 0 });
});

test('Telegram gets a photo with a caption, or a message where there is no picture', async (t) => {
  const { address, received, until } = await server(t);
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, '42:secret\n');
  const config = { type: 'telegram', server: address, tokenFile, chat: '-100' };
  const { subject } = notifier(t, { me: config, quiet: { ...config, picture: false } });
  await subject.start();
  subject.notify(alert('me'));
  await until(1);
  subject.notify(alert('quiet'));
  await until(2);
  t.is(received[0]!.url, '/bot42:secret/sendPhoto');
  t.regex(received[0]!.headers['content-type'] ?? '', /^multipart\/form-data/);
  for (const part of ['name="chat_id"\r\n\r\n-100', 'person on front', 'filename="event.jpg"', 'a picture']) {
    t.true(received[0]!.body.toString().includes(part), part);
  }
  t.is(received[1]!.url, '/bot42:secret/sendMessage');
  t.deepEqual(JSON.parse(received[1]!.body.toString()), { chat_id: '-100', text: 'Haustür: person\nperson on front' });
});

test('a webhook gets everything as JSON', async (t) => {
  const { address, received, until } = await server(t);
  const { subject } = notifier(t, { hook: { type: 'webhook', address: `${address}/in?x=1`, picture: true } });
  await subject.start();
  subject.notify(alert('hook'));
  await until(1);
  const told = JSON.parse(received[0]!.body.toString()) as Record<string, string>;
  t.is(received[0]!.url, '/in?x=1');
  t.is(told['rule'], 'night');
  t.is(told['event'], 'a');
  t.is(Buffer.from(told['picture']!, 'base64').toString(), 'a picture');
  t.false(Number.isNaN(Date.parse(told['time']!)));
});

test('what passes with time is tried again, said once, and nothing is lost or told twice', async (t) => {
  const { address, received, until } = await server(t, [503, 429, 500]);
  const { subject, lines } = notifier(t, { hook: { type: 'webhook', address } });
  await subject.start();
  subject.notify(alert('hook', 'one'));
  subject.notify(alert('hook', 'two'));
  await until(5);
  await idle(subject);
  t.deepEqual(
    received.map(({ body }) => (JSON.parse(body.toString()) as { text: string }).text),
    ['one', 'one', 'one', 'one', 'two'],
  );
  t.deepEqual(lines, ["hook can't be told now: it answered 503", 'hook is told again']);
});

test('a refusal is told and dropped, and the next one goes out', async (t) => {
  const { address, until } = await server(t, [401]);
  const { subject, lines, folder } = notifier(t, { hook: { type: 'webhook', address } });
  await subject.start();
  subject.notify(alert('hook', 'one'));
  subject.notify(alert('hook', 'two'));
  await until(2);
  await idle(subject);
  t.deepEqual(lines, ['hook was not told "one": it answered 401: the token is wrong or may not do this']);
  t.deepEqual(subject.report(), { waiting: 0, deliveredTotal: 1, lostTotal: 1 });
  t.deepEqual(files(folder), []);
});

test('what waits outlives a restart, with its picture; what is a day old is dropped', async (t) => {
  const folder = temporaryFolder(t);
  const dead = 'http://127.0.0.1:9';
  const first = notifier(t, { hook: { type: 'webhook', address: dead, picture: true } }, { folder });
  await first.subject.start();
  first.subject.notify(alert('hook', 'fresh'));
  const old = alert('hook', 'old');
  first.subject.notify({ ...old, event: { ...old.event, startMs: Date.now() - 86_300_000 } });
  while (files(folder).filter((name) => name.endsWith('.jpg')).length < 2)
    await new Promise((resolve) => setTimeout(resolve, 5));
  first.subject.stop();
  writeFileSync(join(folder, 'damaged-1.json'), '{"id"');
  const { address, received, until } = await server(t);
  const second = notifier(
    t,
    { hook: { type: 'webhook', address, picture: true } },
    { folder, now: () => Date.now() + 300_000 },
  );
  await second.subject.start();
  await until(1);
  await idle(second.subject);
  const told = JSON.parse(received[0]!.body.toString()) as Record<string, string>;
  t.is(told['text'], 'fresh');
  t.is(Buffer.from(told['picture']!, 'base64').toString(), 'a picture');
  t.is(received.length, 1);
  t.is(second.subject.report().lostTotal, 1);
  t.deepEqual(files(folder), []);
});

test('one recipient that is not there does not hold up another', async (t) => {
  const { address, until } = await server(t);
  const { subject } = notifier(t, {
    dead: { type: 'webhook', address: 'http://127.0.0.1:9' },
    live: { type: 'webhook', address },
  });
  await subject.start();
  subject.notify(alert('dead'));
  subject.notify(alert('live'));
  await until(1);
  t.is(subject.report().deliveredTotal + subject.report().waiting, 2);
});

test('a token is sent to no other address, and stands in no line of the log', async (t) => {
  const other = await server(t);
  const { address, until } = await server(t, [[302, { location: `${other.address}/steal` }]]);
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, '42:secret\n');
  const { subject, lines } = notifier(t, {
    me: { type: 'telegram', server: address, tokenFile, chat: '1' },
    gone: { type: 'telegram', server: 'http://127.0.0.1:9', tokenFile, chat: '1' },
    nowhere: { type: 'telegram', server: 'http://no-such-host.invalid', tokenFile, chat: '1' },
  });
  await subject.start();
  subject.notify(alert('me'));
  subject.notify(alert('gone'));
  subject.notify(alert('nowhere'));
  await until(2);
  while (lines.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(other.received.length, 0);
  t.notRegex(lines.join('\n'), /secret/);
});

test('a token file that is missing or holds none is named', async (t) => {
  const folder = temporaryFolder(t);
  const base = { type: 'telegram', server: 'http://127.0.0.1:9', chat: '1' } as const;
  writeFileSync(join(folder, 'empty'), '\n');
  const { subject } = notifier(t, {
    missing: { ...base, tokenFile: join(folder, 'none') },
    empty: { ...base, tokenFile: join(folder, 'empty') },
  });
  t.like(await subject.test('missing'), { kind: 'later', reason: `${join(folder, 'none')} can't be read: ENOENT` });
  t.like(await subject.test('empty'), { kind: 'refused' });
  await t.throwsAsync(subject.test('nobody'), {
    message: /no recipient nobody\. Recipients in the configuration: missing, empty/,
  });
});

test('very many that wait: the oldest give way and are counted', async (t) => {
  const { subject } = notifier(
    t,
    { dead: { type: 'webhook', address: 'http://127.0.0.1:9' } },
    { retry: { firstMs: 60_000, factor: 1, maxMs: 60_000 } },
  );
  await subject.start();
  for (let one = 0; one < 130; one++) subject.notify(alert('dead', `${one}`));
  while (subject.report().lostTotal < 30) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(subject.report().waiting, 100);
});

test('what an answer means', (t) => {
  t.deepEqual(deliveryOf(204, null), { kind: 'delivered' });
  t.deepEqual(deliveryOf(429, '7'), { kind: 'later', reason: 'it answered 429', waitMs: 7000 });
  t.is(deliveryOf(502, null).kind, 'later');
  for (const status of [301, 400, 403, 404, 413]) t.is(deliveryOf(status, null).kind, 'refused', `${status}`);
});

test('a text keeps what it does not know', (t) => {
  const told = { label: 'cat', camera: 'yard', score: 0.5, zones: [], startMs: 0 };
  t.is(fillText('{label} {what} {constructor}', told), 'cat {what} {constructor}');
});
