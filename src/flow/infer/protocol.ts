/**
 * What the agent and its inference workers say to each other: a small JSON header, then, in answers and where there is no shared
 * memory, raw tensor bytes. Each side checks what it is told: reply-schema.ts, worker/read-request.ts.
 */
import type { Reply } from './reply-schema.ts';

/** Far above any model's tensors. */
export const longestPayload = 1 << 28;

/** Inferences that a worker has at a time, each with memory of its own for its inputs: one that runs, and the next. */
export const slots = 2;

/** From agent to worker. `id` comes back in the answer. */
export type Request =
  | {
      readonly kind: 'load';
      readonly id: number;
      readonly model: string;
      readonly path: string;
      readonly sha256: string;
      /** Places of recurrent outputs, each with the input that takes it. */
      readonly feedback: readonly { readonly output: number; readonly input: number }[];
    }
  /**
   * `bytes` of the shared memory number `slot` hold the inputs that aren't fed back, one behind the other; where there is none, the
   * payload does.
   */
  | {
      readonly kind: 'infer';
      readonly id: number;
      readonly model: string;
      readonly bytes: number;
      readonly slot: number;
      readonly inPayload?: boolean;
    }
  | { readonly kind: 'unload'; readonly id: number; readonly model: string }
  | { readonly kind: 'ping'; readonly id: number };

/** The line that a worker writes to its stderr behind what the library said of a request that failed. */
export function wordsEnd(id: number): string {
  return `goby: end of request ${id}`;
}

/** The request of such a line; undefined: it is another line. */
export function endedRequest(line: string): number | undefined {
  const [, id] = /^goby: end of request (\d{1,15})$/.exec(line) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** Two little-endian uint32: bytes of the header, bytes of the payload. */
export const prefixBytes = 8;
/** A header is a few hundred bytes; more is garbage. */
const longestHeader = 1 << 20;

/**
 * What a message's first bytes say of its length.
 * @throws RangeError when they can't be a message's
 */
export function readPrefix(prefix: Buffer): { headerBytes: number; payloadBytes: number } {
  const headerBytes = prefix.readUInt32LE(0);
  const payloadBytes = prefix.readUInt32LE(4);
  if (headerBytes === 0 || headerBytes > longestHeader || payloadBytes > longestPayload) {
    throw new RangeError(`a message of ${headerBytes} + ${payloadBytes} bytes is none of goby's`);
  }
  return { headerBytes, payloadBytes };
}

/** Prefix and header of a message; the payload follows as it is. */
export function encodeHead(message: Request | Reply, payloadBytes: number): Buffer {
  const header = Buffer.from(JSON.stringify(message));
  const head = Buffer.allocUnsafe(prefixBytes + header.byteLength);
  head.writeUInt32LE(header.byteLength, 0);
  head.writeUInt32LE(payloadBytes, 4);
  header.copy(head, prefixBytes);
  return head;
}
