/**
 * What the agent and its inference workers say to each other: a small JSON header with a schema, then, in answers and where there
 * is no shared memory, raw tensor bytes.
 */
import { z } from 'zod';
import { tensorTypes } from '../preprocess/tensor.ts';

/** Far above any model's tensors. */
const longestPayload = 1 << 28;

/** Inferences that a worker has at a time, each with memory of its own for its inputs: one that runs, and the next. */
export const slots = 2;

const tensorSpecSchema = z.object({
  index: z.int().nonnegative(),
  name: z.string(),
  type: z.enum(tensorTypes),
  shape: z.array(z.int()).max(8).readonly(),
  scale: z.number(),
  zeroPoint: z.int(),
});

const feedbackSchema = z.array(z.object({ output: z.int().nonnegative(), input: z.int().nonnegative() }));

/** From agent to worker. `id` comes back in the answer. */
export const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    id: z.int(),
    model: z.string(),
    path: z.string(),
    sha256: z.string(),
    feedback: feedbackSchema,
  }),
  /**
   * `bytes` of the shared memory number `slot` hold the inputs that aren't fed back, one behind the other; where there is none, the
   * payload does.
   */
  z.object({
    kind: z.literal('infer'),
    id: z.int(),
    model: z.string(),
    bytes: z.int().min(0).max(longestPayload),
    slot: z
      .int()
      .min(0)
      .max(slots - 1),
    inPayload: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('unload'), id: z.int(), model: z.string() }),
  z.object({ kind: z.literal('ping'), id: z.int() }),
]);

/** From worker to agent. */
export const replySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('loaded'),
    id: z.int(),
    backend: z.enum(['cpu', 'xnnpack', 'edgetpu']),
    threads: z.int().positive().optional(),
    inputs: z.array(tensorSpecSchema),
    outputs: z.array(tensorSpecSchema),
    outputBytes: z.array(z.int().nonnegative()),
  }),
  /** The payload holds all outputs, one behind the other. */
  z.object({ kind: z.literal('result'), id: z.int(), invokeMs: z.number() }),
  /** `permanent`: the model or the request is at fault, another try won't help. */
  z.object({ kind: z.literal('failed'), id: z.int(), message: z.string(), permanent: z.boolean() }),
  z.object({ kind: z.literal('unloaded'), id: z.int() }),
  z.object({ kind: z.literal('pong'), id: z.int() }),
]);

export type Request = z.output<typeof requestSchema>;
export type Reply = z.output<typeof replySchema>;

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
