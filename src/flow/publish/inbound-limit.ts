/**
 * Packets that a broker sends and that are too long are dropped while they come in, byte by byte: the client behind would collect
 * each whole one in memory first, up to 256 MB. The session goes on, and a message that asks for it is acknowledged, so that the
 * broker does not hold back what follows.
 */
import type { Duplex } from 'node:stream';

/** Everything that goby listens to is shorter: see bounded-json.ts. */
export const longestInboundBytes = 262_144;

/** Type of a PUBLISH, and the bits of its QoS: section 3.3.1 of MQTT 3.1.1 and 5. */
const publishType = 3;
/** A length takes four bytes at most: section 1.5.5 of MQTT 5. */
const mostLengthBytes = 4;

export interface DroppedPacket {
  readonly bytes: number;
  readonly qos: number;
  /** To be acknowledged; undefined at QoS 0 and for what is no message. */
  readonly messageId: number | undefined;
}

/** Follows where packets begin and end in a stream of bytes; gives those back that belong to packets short enough. */
export class InboundLimit {
  readonly #limit: number;
  readonly #onDropped: (packet: DroppedPacket) => void;
  /** Type and length of the packet that begins, as far as they came. */
  #header: number[] = [];
  /** Bytes of the present packet that are still to come. */
  #left = 0;
  #dropped: { readonly bytes: number; readonly first: number; head: number[] } | undefined;

  constructor(limit: number, onDropped: (packet: DroppedPacket) => void) {
    this.#limit = limit;
    this.#onDropped = onDropped;
  }

  /** The part of a chunk that may pass; what can't be a packet passes too, and the client refuses it. */
  take(chunk: Buffer): Buffer {
    const passing: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const part = chunk.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#dropped === undefined) passing.push(part);
        else this.#swallow(part);
        continue;
      }
      this.#header.push(chunk[at++]!);
      const length = lengthOf(this.#header);
      if (length === undefined) continue;
      const isTooLong = length > this.#limit && length !== Number.POSITIVE_INFINITY;
      if (isTooLong) this.#dropped = { bytes: length, first: this.#header[0]!, head: [] };
      else passing.push(Buffer.from(this.#header));
      this.#header = [];
      this.#left = length;
    }
    return passing.length === 1 ? passing[0]! : Buffer.concat(passing);
  }

  /** Of a dropped packet only the beginning is looked at: the packet id stands behind the topic. */
  #swallow(part: Buffer): void {
    const dropped = this.#dropped!;
    for (const byte of part) {
      if (dropped.head.length >= idEnd(dropped.head)) break;
      dropped.head.push(byte);
    }
    if (this.#left > 0) return;
    this.#dropped = undefined;
    const qos = dropped.first >> 4 === publishType ? (dropped.first >> 1) & 3 : 0;
    const id = idEnd(dropped.head) - 2;
    const messageId = qos === 0 ? undefined : (dropped.head[id] ?? 0) * 256 + (dropped.head[id + 1] ?? 0);
    this.#onDropped({ bytes: dropped.bytes, qos, messageId });
  }
}

/** Where the packet id ends: behind the topic, whose length stands first. */
function idEnd([high, low]: readonly number[]): number {
  return high === undefined || low === undefined ? 2 : 2 + high * 256 + low + 2;
}

/** The length that a header says, once it is whole; Infinity: it says none, and nothing behind it can be understood. */
function lengthOf([, ...bytes]: readonly number[]): number | undefined {
  const last = bytes.at(-1);
  if (last === undefined || (last >= 0x80 && bytes.length < mostLengthBytes)) return undefined;
  if (last >= 0x80) return Number.POSITIVE_INFINITY;
  return bytes.reduceRight((length, byte) => length * 128 + (byte & 0x7f), 0);
}

/** PUBACK or PUBREC for a packet id, and PUBCOMP for what follows a PUBREC is the client's: it answers PUBREL of any id. */
function answerTo({ qos, messageId }: DroppedPacket): Buffer | undefined {
  if (messageId === undefined || qos > 2) return undefined;
  return Buffer.from([qos === 1 ? 0x40 : 0x50, 2, messageId >> 8, messageId & 0xff]);
}

/** Holds what comes in on a session's stream to the limit. To be called before anything was read of it. */
export function limitInbound(stream: Duplex, limit: number, onDropped: (bytes: number) => void): void {
  const watch = new InboundLimit(limit, (packet) => {
    onDropped(packet.bytes);
    const answer = answerTo(packet);
    if (answer !== undefined) stream.write(answer);
  });
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) =>
    push(Buffer.isBuffer(chunk) ? watch.take(chunk) : chunk, encoding);
}
