/** Metrics on an address of their own: for a Prometheus that has no login, and for an agent without the page. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenAddress } from '../../config/web-section.ts';
import { sentence, UnavailableError } from '../../errors.ts';
import { expositionType } from './exposition.ts';

export class MetricsServer {
  readonly #listen: string;
  readonly #metrics: () => Promise<string>;
  #server: Server | undefined;

  constructor({ listen, metrics }: { readonly listen: string; readonly metrics: () => Promise<string> }) {
    this.#listen = listen;
    this.#metrics = metrics;
  }

  /** @returns the address; undefined for `off` @throws UnavailableError when it can't be listened on */
  async start(): Promise<string | undefined> {
    const address = listenAddress(this.#listen);
    if (address === undefined) return undefined;
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      this.#metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': expositionType }).end(text),
        () => response.writeHead(500).end(),
      );
    });
    server.headersTimeout = 10_000;
    server.maxConnections = 20;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new UnavailableError(`Metrics can't be had on ${this.#listen}: ${sentence(error)}.`, {
            remedy: 'Take another address for metrics.listen.',
            cause: error,
          }),
        ),
      );
      server.listen({ ...address, exclusive: true }, resolve);
    });
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}/metrics`;
  }

  /** May be called more than once, and without start(). */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
