/** The page's server with everything behind it that tests can reach into. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { GobyError } from '../../src/errors.ts';
import type { Message } from '../../src/flow/publish/message.ts';
import type { MessageFeed } from '../../src/flow/publish/message-feed.ts';
import { silentLogger } from '../../src/logger.ts';
import { openAccounts } from '../../src/web/login/accounts.ts';
import { createDoorkeeper } from '../../src/web/login/doorkeeper.ts';
import { createLoginLimits } from '../../src/web/login/login-limits.ts';
import { openSessions } from '../../src/web/login/sessions.ts';
import { readStaticFiles } from '../../src/web/server/static-files.ts';
import { isPrivate, WebServer } from '../../src/web/server/web-server.ts';
import type { CameraSetup } from '../../src/web/setup/camera-setup.ts';
import type { LivePicture, LiveSource } from '../../src/web/socket/live-source.ts';
import { places } from '../requiring.ts';

export const base = 'goby/test';

/** Goby's messages as a test wants them. */
export class FeedUnderTest implements MessageFeed {
  readonly base = base;
  readonly kept: Message[] = [];
  readonly taken: { topic: string; payload: string }[] = [];
  readonly #listeners = new Set<(message: Message) => void>();

  newest(): Iterable<Message> {
    return this.kept;
  }

  onMessage(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(topic: string, payload: Uint8Array, _answer: (message: Message) => void): void {
    this.taken.push({ topic, payload: Buffer.from(payload).toString('utf8') });
  }

  say(topic: string, payload: string | Uint8Array, retain = false): void {
    const message: Message = { topic: `${base}/${topic}`, payload, qos: 0, retain };
    for (const listener of this.#listeners) listener(message);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

export class LiveUnderTest implements LiveSource {
  readonly cameras = ['front'];
  readonly watchers = new Set<(picture: LivePicture) => void>();

  watch(_camera: string, _wish: unknown, show: (picture: LivePicture) => void): () => void {
    this.watchers.add(show);
    return () => this.watchers.delete(show);
  }

  show(picture: LivePicture): void {
    for (const watcher of this.watchers) watcher(picture);
  }
}

const noSetup: CameraSetup = {
  find: async () => ({ cameras: [], configured: [] }),
  try: () => Promise.reject(new GobyError('No camera here.')),
  keep: () => Promise.reject(new GobyError('No camera here.')),
};

export interface WebOptions {
  readonly administrator?: string;
  readonly viewer?: string;
  readonly listen?: string;
  readonly hosts?: string[];
  /** Paths of PEM files: the page is then at https. */
  readonly certificate?: { readonly certificateFile: string; readonly keyFile: string };
  readonly setup?: CameraSetup;
  readonly picture?: (event: string) => Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string } | undefined>;
  readonly trainingPhoto?: (
    set: string,
    className: string,
    name: string,
  ) => Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export async function startWeb(t: ExecutionContext, options: WebOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'goby-test-'));
  const accounts = openAccounts(join(folder, 'passwords.json'));
  if (options.administrator !== undefined) await accounts.setPassword('administrator', options.administrator);
  if (options.viewer !== undefined) await accounts.setPassword('viewer', options.viewer);
  const sessions = openSessions({ path: join(folder, 'sessions.json'), logger: silentLogger });
  const clock = { nowMs: 0 };
  const feed = new FeedUnderTest();
  const live = new LiveUnderTest();
  const config = { listen: options.listen ?? '127.0.0.1:0', hosts: options.hosts ?? [], ...options.certificate };
  const server = new WebServer({
    config,
    doorkeeper: createDoorkeeper({
      accounts,
      sessions,
      limits: createLoginLimits(() => clock.nowMs),
      isPrivate: isPrivate(config),
      logger: silentLogger,
    }),
    sessions,
    feed,
    live,
    files: readStaticFiles(join(places.root, 'dist', 'page')),
    setup: options.setup ?? noSetup,
    picture: options.picture ?? (async () => undefined),
    trainingPhoto: options.trainingPhoto ?? (async () => undefined),
    metrics: async () => 'goby_up 1\n',
    logger: silentLogger,
  });
  t.teardown(async () => {
    await server.stop();
    await sessions.settled();
    rmSync(folder, { recursive: true, force: true });
  });
  const address = (await server.start())!;
  const origin = address.replace(/\/$/, '');
  const ask = (path: string, init: RequestInit = {}) => fetch(`${origin}${path}`, { redirect: 'manual', ...init });
  const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    ask(path, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const logIn = async (password: string): Promise<string> => {
    const answer = await post('/login', { password });
    return /goby-session=[^;]*/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
  };
  /** Opens a socket; rejects with the status that refused it. */
  const open = (headers: Record<string, string> = {}): Promise<SocketUnderTest> => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket`, { headers: { origin, ...headers } });
    t.teardown(() => socket.terminate());
    const found = new SocketUnderTest(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(found));
      socket.once('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
      socket.once('error', reject);
    });
  };
  return { server, folder, accounts, sessions, feed, live, clock, origin, ask, post, logIn, open };
}

/** A socket whose messages can be waited for. */
export class SocketUnderTest {
  readonly socket: WebSocket;
  readonly texts: Record<string, unknown>[] = [];
  readonly pictures: { header: Record<string, unknown>; jpeg: Buffer }[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      if (!isBinary) this.texts.push(JSON.parse(bytes.toString('utf8')));
      else {
        const end = 4 + bytes.readUInt32LE(0);
        this.pictures.push({ header: JSON.parse(bytes.subarray(4, end).toString('utf8')), jpeg: bytes.subarray(end) });
      }
    });
  }

  send(value: unknown): void {
    this.socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** Resolves when the check holds, looked at after each message. */
  async until(check: () => boolean): Promise<void> {
    while (!check()) await new Promise((resolve) => this.socket.once('message', resolve));
  }

  closed(): Promise<number> {
    return new Promise((resolve) => this.socket.once('close', resolve));
  }
}
