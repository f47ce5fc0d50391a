/** A broker that answers as a test tells it: reason codes, limits and silences that no real broker gives when asked. */
import type { Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { forEachPacket, serve } from './raw-server.ts';

export interface Published {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  /** Of the whole packet, without its first two to five bytes. */
  readonly bodyBytes: number;
  /** Counts sessions from 1. */
  readonly session: number;
}

/** A reason code for PUBACK; or nothing is said, or the session ends: without a word, or with a code of DISCONNECT. */
export type Answer = number | 'silence' | 'close' | { readonly disconnect: number };

export interface Script {
  readonly version: 4 | 5;
  /** Of CONNACK in MQTT 5, as they are on the wire. */
  readonly properties?: readonly number[];
  /** The reason code of CONNACK; absent: 0. */
  connack?(session: number): number;
  /** Absent: all is taken. */
  answer?(published: Published): Answer;
  /** The code for each filter; absent: granted. */
  suback?(filter: string): number;
}

export interface ScriptedBroker {
  readonly address: string;
  /** What was taken, and what was answered otherwise. */
  readonly taken: Published[];
  readonly refused: Published[];
  readonly subscribed: string[];
  readonly disconnects: number[];
  sessions: number;
  mostUnanswered: number;
  /** Sends a message to whoever is connected. */
  say(topic: string, payload: string, retain?: boolean): void;
  /** Payloads that were taken on a topic. */
  of(topic: string): string[];
}

export async function scriptedBroker(t: ExecutionContext, script: Script): Promise<ScriptedBroker> {
  const { version, properties = [], connack, answer, suback } = script;
  const sockets = new Set<Socket>();
  const propertyLength = version === 5 ? 1 : 0;
  const broker = {
    address: '',
    taken: [] as Published[],
    refused: [] as Published[],
    subscribed: [] as string[],
    disconnects: [] as number[],
    sessions: 0,
    mostUnanswered: 0,
    say: (topic: string, payload: string, retain = false) => {
      const body = Buffer.concat([prefixed(topic), Buffer.alloc(propertyLength), Buffer.from(payload)]);
      for (const socket of sockets) socket.write(packet(0x30 | (retain ? 1 : 0), body));
    },
    of: (topic: string) => broker.taken.filter((one) => one.topic === topic).map(({ payload }) => payload.toString()),
  };
  const port = await serve(t, (socket) => {
    let session = 0;
    let unanswered = 0;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    forEachPacket(socket, (type, body, flags) => {
      if (socket.destroyed) return;
      if (type === 1) {
        session = ++broker.sessions;
        const code = connack?.(session) ?? 0;
        const told = version === 5 ? [properties.length, ...properties] : [];
        socket.write(packet(0x20, Buffer.from([0, code, ...told])));
        if (code !== 0) socket.end();
      }
      if (type === 8) {
        const filters = filtersOf(body, version);
        broker.subscribed.push(...filters);
        const codes = filters.map((filter) => suback?.(filter) ?? 1);
        socket.write(packet(0x90, Buffer.from([body[0]!, body[1]!, ...(version === 5 ? [0] : []), ...codes])));
      }
      if (type === 12) socket.write(packet(0xd0, Buffer.alloc(0)));
      if (type === 14) broker.disconnects.push(body[0] ?? 0);
      if (type !== 3) return;
      const { id, ...published } = publishedIn(body, flags, version);
      const said = answer?.({ ...published, session }) ?? 0;
      (said === 0 || said === 0x10 ? broker.taken : broker.refused).push({ ...published, session });
      unanswered += 1;
      broker.mostUnanswered = Math.max(broker.mostUnanswered, published.qos === 0 ? 0 : unanswered);
      if (said === 'silence') return;
      unanswered -= 1;
      if (said === 'close') socket.destroy();
      else if (typeof said === 'object') socket.end(packet(0xe0, Buffer.from([said.disconnect, 0])));
      else if (published.qos === 1)
        socket.write(packet(0x40, Buffer.from([id >> 8, id & 0xff, ...(version === 5 ? [said, 0] : [])])));
    });
  });
  broker.address = `mqtt://127.0.0.1:${port}`;
  return broker;
}

/** A packet of fewer than 16384 bytes. */
function packet(first: number, body: Buffer): Buffer {
  const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Position behind the properties that begin here, none of more than 127 bytes. */
function behindProperties(body: Buffer, at: number, version: 4 | 5): number {
  return version === 5 ? at + 1 + body[at]! : at;
}

function filtersOf(body: Buffer, version: 4 | 5): string[] {
  const filters: string[] = [];
  for (let at = behindProperties(body, 2, version); at < body.length; ) {
    const end = at + 2 + body.readUInt16BE(at);
    filters.push(body.toString('utf8', at + 2, end));
    at = end + 1;
  }
  return filters;
}

function publishedIn(body: Buffer, flags: number, version: 4 | 5) {
  const topicEnd = 2 + body.readUInt16BE(0);
  const qos = (flags >> 1) & 3;
  const at = behindProperties(body, topicEnd + (qos === 0 ? 0 : 2), version);
  return {
    topic: body.toString('utf8', 2, topicEnd),
    payload: Buffer.from(body.subarray(at)),
    qos,
    retain: (flags & 1) === 1,
    bodyBytes: body.length,
    id: qos === 0 ? 0 : body.readUInt16BE(topicEnd),
  };
}
