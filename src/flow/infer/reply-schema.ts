/** What a worker may answer. The agent alone checks it so: a worker holds no schema library. */
import { z } from 'zod';
import { tensorTypes } from '../preprocess/tensor.ts';

const tensorSpecSchema = z.object({
  index: z.int().nonnegative(),
  name: z.string(),
  type: z.enum(tensorTypes),
  shape: z.array(z.int()).max(8).readonly(),
  scale: z.number(),
  zeroPoint: z.int(),
});

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

export type Reply = z.output<typeof replySchema>;
