/** A TCP proxy in front of a broker that can be closed, slowed down, and made to drop every byte without a word. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What is let through at a time while it is slow. */
const slowBytes = 1024;
const slowIntervalMs = 40;

interface Link {
  readonly sockets: readonly Socket[];
  swallows: boolean;
}

export class FaultProxy {
  readonly #target: number;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #port = 0;
  #slow = false;

  constructor(target: number) {
    this.#target = target;
  }

  get address(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** Takes connections, always on the same port. */
  async open(): Promise<void> {
    const server = createServer((socket) => this.#join(socket)).listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Refuses connections and ends those there are. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const { sockets } of this.#links) for (const socket of sockets) socket.destroy();
    await closed;
  }

  /** Connections that are there stay open, and nothing comes through any more; new ones work. */
  swallow(): void {
    for (const link of this.#links) link.swallows = true;
  }

  setSlow(slow: boolean): void {
    this.#slow = slow;
  }

  #join(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1');
    const link: Link = { sockets: [client, broker], swallows: false };
    this.#links.add(link);
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#links.delete(link);
        to.destroy();
      });
      void this.#forward(from, to, link);
    }
  }

  async #forward(from: Socket, to: Socket, link: Link): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.byteLength; ) {
          const take = this.#slow ? slowBytes : chunk.byteLength - at;
          if (this.#slow) await pause(slowIntervalMs);
          if (!link.swallows) to.write(chunk.subarray(at, at + take));
          at += take;
        }
      }
    } catch {
      // The other end has gone.
    }
  }
}
