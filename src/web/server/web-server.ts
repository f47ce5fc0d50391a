/** The page's server: HTTP and the socket on one port, for as long as the agent runs. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isLoopback, listenAddress, type WebConfig } from '../../config/web-section.ts';
import { ConfigError, sentence, UnavailableError } from '../../errors.ts';
import type { MessageFeed } from '../../flow/publish/message-feed.ts';
import type { Logger } from '../../logger.ts';
import type { Doorkeeper, Visitor } from '../login/doorkeeper.ts';
import type { Sessions } from '../login/sessions.ts';
import type { LiveSource } from '../socket/live-source.ts';
import { mayAsk } from '../socket/may-ask.ts';
import { serveViewer } from '../socket/viewer.ts';
import type { AppParts } from './app.ts';
import { readCertificate, type Secret, watchCertificate } from './certificate.ts';
import { isForwarded, isKnownHost, isOwnOrigin } from './request-origin.ts';

export interface WebServerParts extends Pick<AppParts, 'files' | 'picture' | 'trainingPhoto' | 'metrics' | 'setup'> {
  readonly config: WebConfig;
  readonly doorkeeper: Doorkeeper;
  readonly sessions: Sessions;
  readonly feed: MessageFeed;
  readonly live: LiveSource;
  readonly logger: Logger;
}

const mostViewers = 20;
/** What a browser may send at once; requests are small. */
const longestMessageBytes = 100_000;
/** An open page that doesn't answer this often is gone: a phone that left the network. */
const pingEveryMs = 30_000;

/** Codes of a WebSocket's end: the policy doesn't allow it; the server goes away. */
const ended = { policy: 1008, goingAway: 1001 } as const;

interface Viewer {
  readonly session: string | undefined;
  /** Asked again now and then: the password may have changed, or the session be over. */
  readonly cookies: string | undefined;
  isAlive: boolean;
}

export class WebServer {
  readonly #parts: WebServerParts;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    perMessageDeflate: false,
  });
  /** Open pages, with the session of each. */
  readonly #viewers = new Map<WebSocket, Viewer>();
  #server: Server | undefined;
  #pings: NodeJS.Timeout | undefined;
  #endWatch: (() => void) | undefined;

  constructor(parts: WebServerParts) {
    this.#parts = parts;
    parts.sessions.onEnd((id) => this.#close(({ session }) => session === id, ended.policy));
  }

  /**
   * Listens. Beyond loopback only where somebody has a password.
   * @returns the address for a browser; undefined for `off`
   * @throws ConfigError, or UnavailableError when the port is taken: the agent runs on without the page
   */
  async start(): Promise<string | undefined> {
    const { config, doorkeeper } = this.#parts;
    const address = listenAddress(config.listen);
    if (address === undefined) return undefined;
    if (!isPrivate(config) && !doorkeeper.hasPassword) {
      const isNear = isLoopback(address.host);
      throw new ConfigError(
        isNear
          ? 'The page is not opened under the names of web.hosts, because it has no password yet.'
          : `The page does not listen on ${config.listen}, because it has no password yet.`,
        {
          remedy: `Set one: goby web password. Or ${isNear ? 'take web.hosts out' : 'take 127.0.0.1 for web.listen'}.`,
        },
      );
    }
    const secret = await readCertificate(config);
    const answer = onFirstRequest({ ...this.#parts, hosts: config.hosts, isSecure: secret !== undefined });
    const server: Server = secret === undefined ? createServer(answer) : createHttpsServer(secret, answer);
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    // A slow or silent client doesn't hold a connection for ever.
    server.headersTimeout = 10_000;
    server.requestTimeout = 20_000;
    server.maxConnections = 200;
    await listen(server, address, config.listen);
    this.#server = server;
    if (secret !== undefined) {
      const use = (renewed: Secret) => (server as HttpsServer).setSecureContext(renewed);
      this.#endWatch = watchCertificate({ files: config, secret, use, logger: this.#parts.logger });
    }
    this.#pings = setInterval(() => this.#ping(), pingEveryMs);
    this.#pings.unref();
    const { port } = server.address() as AddressInfo;
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return `${secret === undefined ? 'http' : 'https'}://${host}:${port}/`;
  }

  /** Ends every open page and the server. May be called more than once, and without start(). */
  async stop(): Promise<void> {
    clearInterval(this.#pings);
    this.#endWatch?.();
    this.#close(() => true, ended.goingAway);
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    // Who has just logged in shall not have to do it again after the start.
    await this.#parts.sessions.settled();
  }

  /** Open pages. */
  get viewers(): number {
    return this.#viewers.size;
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    let admitted: Visitor | string;
    try {
      admitted = this.#admit(request);
    } catch (error) {
      // Nothing that somebody asks may end the agent.
      this.#parts.logger.error(`a socket of the page could not be opened: ${sentence(error)}`);
      admitted = '500 Internal Server Error';
    }
    if (typeof admitted !== 'string') {
      this.#sockets.handleUpgrade(request, stream, head, (socket) =>
        this.#serve(socket, admitted, request.headers.cookie),
      );
      return;
    }
    stream.end(`HTTP/1.1 ${admitted}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  /** Who asks for a socket, or the status that refuses it. */
  #admit({ headers, url }: IncomingMessage): Visitor | string {
    const { doorkeeper, config } = this.#parts;
    const forwarded = isForwarded((name) => headers[name]?.toString());
    if (forwarded && !doorkeeper.needsLogin) return '403 Forbidden';
    const { host, origin, cookie } = headers;
    if (!isKnownHost(host, config.hosts) || !isOwnOrigin({ host, origin }, config.hosts)) return '403 Forbidden';
    // Compared, not parsed: it may be no address at all.
    if (url?.split('?', 1)[0] !== '/socket') return '404 Not Found';
    if (this.#viewers.size >= mostViewers) return '503 Service Unavailable';
    return doorkeeper.visitor(cookie) ?? '401 Unauthorized';
  }

  #serve(socket: WebSocket, { role, session }: Visitor, cookies: string | undefined): void {
    const { feed, live, logger } = this.#parts;
    this.#viewers.set(socket, { session, cookies, isAlive: true });
    socket.on('close', () => this.#viewers.delete(socket));
    socket.on('pong', () => {
      const viewer = this.#viewers.get(socket);
      if (viewer) viewer.isAlive = true;
    });
    const onBug = (error: unknown): void => {
      logger.error(`a message of the page met a bug of goby: ${(error as Error).stack ?? String(error)}`);
    };
    serveViewer({ socket, role, feed, live, mayAsk, onBug });
  }

  #ping(): void {
    for (const [socket, viewer] of this.#viewers) {
      if (!viewer.isAlive) {
        socket.terminate();
        continue;
      }
      if (this.#parts.doorkeeper.visitor(viewer.cookies) === undefined) {
        socket.close(ended.policy);
        continue;
      }
      viewer.isAlive = false;
      socket.ping();
    }
  }

  #close(isMeant: (viewer: Viewer) => boolean, code: number): void {
    for (const [socket, viewer] of this.#viewers) if (isMeant(viewer)) socket.close(code);
  }
}

/**
 * Answers with the app, which is loaded when somebody asks for the first time: it and what it stands on take eight megabytes, and most
 * of the time nobody looks at the page.
 */
function onFirstRequest(parts: AppParts): RequestListener {
  let loading: Promise<RequestListener> | undefined;
  return (request, response) => {
    loading ??= loadApp(parts);
    loading.then(
      (answer) => answer(request, response),
      (error: unknown) => {
        parts.logger.error(`the page can't be loaded: ${sentence(error)}`);
        response.writeHead(500).end();
      },
    );
  };
}

async function loadApp(parts: AppParts): Promise<RequestListener> {
  const [{ getRequestListener }, { createApp }] = await Promise.all([import('@hono/node-server'), import('./app.ts')]);
  return getRequestListener(createApp(parts).fetch);
}

/** Only this machine's programs reach it: it is on loopback, and named for no proxy that lets others in. */
export function isPrivate({ listen, hosts }: Pick<WebConfig, 'listen' | 'hosts'>): boolean {
  const address = listenAddress(listen);
  return address !== undefined && isLoopback(address.host) && hosts.length === 0;
}

async function listen(server: Server, { host, port }: { host: string; port: number }, told: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program has this port' : sentence(error);
      reject(
        new UnavailableError(`The page can't listen on ${told}: ${reason}.`, {
          remedy: 'Take another port for web.listen.',
          cause: error,
        }),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
