/** The embedded broker, for machines that have none: aedes on loopback unless configured otherwise. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Aedes, type Client } from 'aedes';
import { sentence, UnavailableError } from '../../errors.ts';
import { brokerQuotas, holdToQuotas } from './broker-quotas.ts';
import type { BrokerLogin } from './credentials.ts';

export interface EmbeddedBroker {
  readonly host: string;
  /** The port it listens on, which is another than asked for when that was taken. */
  readonly port: number;
  /** A longer packet ends the session that sends it. */
  readonly longestPacketBytes: number;
  /** Of goby's own sessions: they are let in before all others, and quotas are not for them. */
  readonly login: BrokerLogin;
  /** Ends every session and stops listening. */
  stop(): Promise<void>;
}

/** A client that sends nothing for so long after it connected is none. */
const connectTimeoutMs = 10_000;
/** aedes makes all clients wait for one that doesn't read, such as a paused mosquitto_sub: let go of it soon. */
const drainTimeoutMs = 2000;
/** How long the end waits for what is under way to subscribers: to all that read it takes moments. */
const farewellMs = 1000;
/** A longer packet ends the session that sends it: memory on a Pi is short. */
const longestPacketBytes = 1_048_576;

export interface EmbeddedBrokerOptions {
  readonly host: string;
  readonly port: number;
  /** Each kind of trouble with clients, once: a sentence without its subject. */
  readonly tell?: (trouble: string) => void;
}

/** @throws UnavailableError when the address can't be listened on */
export async function startEmbeddedBroker({
  host,
  port,
  tell = () => undefined,
}: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker({
    connectTimeout: connectTimeoutMs,
    drainTimeout: drainTimeoutMs,
    maxInflightInbound: brokerQuotas.heldMessages,
    preConnect: (client, packet, admit) => {
      keepOvertaken(client);
      // No session outlives its connection: aedes would keep messages for absent clients in memory without a bound.
      packet.clean = true;
      admit(null, true);
    },
  });
  const { login, isAdmitted } = holdToQuotas(broker, tell);
  const undelivered = countUndelivered(broker);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    makeRoom(sockets, isAdmitted);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const client = broker.handle(socket);
    socket.on('readable', () => {
      if (unparsedBytes(client) > (client.connected ? longestPacketBytes : brokerQuotas.connectBytes)) socket.destroy();
    });
  });
  let taken: number;
  try {
    taken = await listen(server, host, port);
  } catch (error) {
    broker.close();
    throw error;
  }
  return {
    host,
    port: taken,
    longestPacketBytes,
    login,
    stop: async () => {
      // No new connections; those that are there get what still waits for them.
      const closed = once(server, 'close');
      server.close();
      const untilMs = performance.now() + farewellMs;
      const isWaiting = (): boolean => performance.now() < untilMs;
      while (undelivered() > 0 && isWaiting()) await pause(5);
      // Ended, not destroyed: with an acknowledgement unread a socket is reset, and its peer loses what it has not read yet.
      for (const socket of sockets) socket.end();
      while (sockets.size > 0 && isWaiting()) await pause(5);
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Of connections that have not said who they are the oldest goes first: a flood of them keeps nobody out. */
function makeRoom(sockets: ReadonlySet<Socket>, isAdmitted: (socket: Socket) => boolean): void {
  if (sockets.size < brokerQuotas.sockets) return;
  for (const socket of sockets) {
    if (isAdmitted(socket)) continue;
    socket.destroy();
    return;
  }
}

/**
 * Inside aedes a retained message is overtaken by a later one that is not, and is then taken for a duplicate and dropped:
 * https://github.com/moscajs/aedes/issues/994. Without this memory nothing is; a client whose own subscriptions overlap
 * gets a message once for each, as section 3.3.5 of MQTT 3.1.1 allows. A test watches over this.
 */
function keepOvertaken(client: Client): void {
  const forgetful = new Proxy({}, { get: () => 0, set: () => true });
  Object.defineProperty(client, 'duplicates', { value: forgetful });
}

/**
 * Counts the messages that clients have sent and that have not gone out to every subscriber yet. aedes acknowledges a message
 * before it hands it on, and closing drops what is between: the last one is an agent's offline.
 */
function countUndelivered(broker: Aedes): () => number {
  const { authorizePublish } = broker;
  let count = 0;
  broker.authorizePublish = (client, packet, admit) =>
    authorizePublish(client, packet, (error) => {
      if (!error) count += 1;
      admit(error);
    });
  // Messages of the broker itself have no client, and were not authorised.
  broker.on('publish', (_packet, client) => {
    if (client) count -= 1;
  });
  return () => count;
}

/** What came of a packet that isn't whole yet. aedes sets no limit to it and has no public name for it; a test watches over this. */
function unparsedBytes(client: Client): number {
  const { _parser: parser } = client as unknown as { _parser?: { _list?: { length: number } } };
  return parser?._list?.length ?? 0;
}

/** The port asked for, or any free one: a broker that is there already is left alone. */
async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    return await tryListen(server, host, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return tryListen(server, host, 0);
    throw new UnavailableError(`The embedded broker can't listen on ${host}:${port}: ${sentence(error)}.`, {
      remedy:
        'Set mqtt.embedded.host to an address of this machine, 127.0.0.1 for itself alone, and mqtt.embedded.port to 1024 or more.',
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
