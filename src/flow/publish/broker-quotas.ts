/**
 * What clients of the embedded broker may take of this machine: how many they are, what each may subscribe to, what is kept for
 * them and what waits for each. Goby's own sessions are known by a password that only this process has, and come first.
 */
import { randomBytes } from 'node:crypto';
import type { Aedes, AuthenticateError, Client } from 'aedes';
import type { BrokerLogin } from './credentials.ts';

export const brokerQuotas = {
  /** Beside goby's own. A home has a handful; each costs memory and a copy of every message. */
  clients: 32,
  /** Connections, also of those who have not said yet who they are. */
  sockets: 64,
  subscriptionsOfOne: 100,
  /** Of a topic or a filter. Goby's own have less than 200. */
  topicBytes: 1024,
  retainedMessages: 1000,
  retainedBytes: 8 << 20,
  /** Waiting for one client: who reads slower than that has to come back. */
  queuedBytes: 2 << 20,
  /** Messages at QoS 2 are kept until they are released: few, and short ones. */
  heldMessages: 20,
  heldBytes: 65_536,
  /** Of a CONNECT packet with user, password and will, each of 64 KB at most. */
  connectBytes: 262_144,
} as const;

/** What a retained message costs beside topic and payload. */
const retainedOverhead = 512;

export interface Quotas {
  readonly login: BrokerLogin;
  /** Whether a connection has said who it is, and was let in. */
  isAdmitted(connection: unknown): boolean;
}

/** Holds a broker to the quotas. `tell` gets each kind of trouble once. */
export function holdToQuotas(broker: Aedes, tell: (trouble: string) => void): Quotas {
  const login = { username: 'goby', password: randomBytes(24).toString('base64url') };
  const own = new WeakSet<Client>();
  const ownIds = new Set<string>();
  const admitted = new Map<unknown, Client>();
  const subscribed = new WeakMap<Client, Set<string>>();
  const kept = new Map<string, number>();
  const told = new Set<string>();
  let keptBytes = 0;
  const once = (trouble: string): void => {
    if (told.has(trouble)) return;
    told.add(trouble);
    tell(trouble);
  };
  const isOwn = (client: Client | null): boolean => client !== null && own.has(client);
  const admit = (client: Client): void => {
    const { conn } = client;
    admitted.set(conn, client);
    conn.once('close', () => admitted.delete(conn));
  };

  broker.authenticate = (client, username, password, done) => {
    if (username === login.username && password?.toString() === login.password) {
      own.add(client);
      ownIds.add(client.id);
      admit(client);
      done(null, true);
      return;
    }
    if (ownIds.has(client.id)) return done(refusal(2, `the client id ${client.id} is goby's own`), false);
    const others = [...admitted.values()].filter((one) => !isOwn(one) && one.id !== client.id).length;
    if (others >= brokerQuotas.clients) {
      once(`it takes ${brokerQuotas.clients} clients at once; more are refused`);
      return done(refusal(3, 'too many clients'), false);
    }
    admit(client);
    done(null, true);
  };

  broker.authorizeSubscribe = (client, subscription, done) => {
    if (isOwn(client)) return done(null, subscription);
    const topics = subscribed.get(client) ?? new Set();
    subscribed.set(client, topics);
    const { topic } = subscription;
    const isOver = topic.length > brokerQuotas.topicBytes || topics.size >= brokerQuotas.subscriptionsOfOne;
    if (!topics.has(topic) && isOver) {
      once(`a client may have ${brokerQuotas.subscriptionsOfOne} subscriptions; more are refused`);
      return done(null, null);
    }
    topics.add(topic);
    done(null, subscription);
  };
  broker.on('unsubscribe', (topics, client) => {
    for (const topic of topics) subscribed.get(client)?.delete(topic);
  });

  const keep = (topic: string, bytes: number): void => {
    keptBytes += bytes - (kept.get(topic) ?? 0);
    if (bytes === 0) kept.delete(topic);
    else kept.set(topic, bytes);
  };
  const { authorizePublish } = broker;
  broker.authorizePublish = (client, packet, done) => {
    const payloadBytes = Buffer.byteLength(packet.payload);
    if (!isOwn(client)) {
      if (Buffer.byteLength(packet.topic) > brokerQuotas.topicBytes) return done(new Error('the topic is too long'));
      if (packet.qos === 2 && payloadBytes > brokerQuotas.heldBytes) {
        return done(new Error(`at QoS 2 a message has ${brokerQuotas.heldBytes} bytes at most`));
      }
    }
    if (packet.retain) {
      const bytes = payloadBytes === 0 ? 0 : payloadBytes + Buffer.byteLength(packet.topic) + retainedOverhead;
      const before = kept.get(packet.topic);
      const isOver =
        keptBytes + bytes - (before ?? 0) > brokerQuotas.retainedBytes ||
        (before === undefined && bytes > 0 && kept.size >= brokerQuotas.retainedMessages);
      // Goby's own are few, and are what the others came for.
      if (isOver && bytes > 0 && !isOwn(client)) {
        once(`it keeps ${brokerQuotas.retainedBytes >> 20} MB of retained messages; more are passed on, not kept`);
        packet.retain = false;
      } else keep(packet.topic, bytes);
    }
    authorizePublish(client, packet, done);
  };

  broker.authorizeForward = (client, packet) => {
    const { conn } = client;
    if (conn.writableLength <= brokerQuotas.queuedBytes || isOwn(client)) return packet;
    conn.destroy();
    return null;
  };

  return { login, isAdmitted: (connection) => admitted.has(connection) };
}

/** @param returnCode of CONNACK: section 3.2.2.3 of MQTT 3.1.1 */
function refusal(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode }) as AuthenticateError;
}
