/** The embedded broker, for machines that have none: aedes on loopback unless configured otherwise. */
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { sentence, UnavailableError } from '../errors.ts';

export interface EmbeddedBroker {
  readonly host: string;
  /** The port it listens on, which is another than asked for when that was taken. */
  readonly port: number;
  /** Ends every session and stops listening. */
  stop(): Promise<void>;
}

/** A client that sends nothing for so long after it connected is none. */
const connectTimeoutMs = 10_000;

/** @throws UnavailableError when the address can't be listened on */
export async function startEmbeddedBroker({ host, port }: { host: string; port: number }): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker({ connectTimeout: connectTimeoutMs });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    broker.handle(socket);
  });
  const taken = await listen(server, host, port);
  return {
    host,
    port: taken,
    stop: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The port asked for, or any free one: a broker that is there already is left alone. */
async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    return await tryListen(server, host, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return tryListen(server, host, 0);
    throw new UnavailableError(`The embedded broker can't listen on ${host}:${port}: ${sentence(error)}.`, {
      remedy: 'Set mqtt.embedded.host to an address of this machine, 127.0.0.1 for itself alone.',
      cause: error,
    });
  }
}

function tryListen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
