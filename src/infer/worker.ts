/** The inference worker: a process of its own that loads the native libraries and answers one request after the other. */
import { readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { isExpected, sentence } from '../errors.ts';
import { loadTfLite } from '../tflite/library.ts';
import { ModelRack } from '../tflite/model-rack.ts';
import { MessageReader } from './message-reader.ts';
import { encodeHead, type Reply, requestSchema } from './protocol.ts';

/** The pipe that the agent opened for both directions: see worker-process.ts. */
const pipe = 3;

const settings = z
  .object({
    accelerator: z.enum(['cpu', 'edgetpu']),
    library: z.string(),
    edgetpuLibrary: z.string().optional(),
    threads: z.int().min(1),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const rack = new ModelRack({ ...settings, tflite: loadTfLite(settings.library) });

/** Blocking on purpose: this process has nothing else to do, and a wake-up through the event loop costs a fifth of a millisecond. */
function send(reply: Reply, payload: Uint8Array = new Uint8Array(0)): void {
  for (const bytes of [encodeHead(reply, payload.byteLength), payload]) {
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(pipe, bytes, at, bytes.byteLength - at);
  }
}

function answer(header: unknown, payload: Uint8Array): void {
  const request = requestSchema.parse(header);
  try {
    if (request.kind === 'ping') send({ kind: 'pong', id: request.id });
    else if (request.kind === 'load') send({ kind: 'loaded', id: request.id, ...rack.load(request) });
    else if (request.kind === 'unload') {
      rack.unload(request.model);
      send({ kind: 'unloaded', id: request.id });
    } else {
      const { invokeMs, outputs } = rack.infer(request.model, payload);
      send({ kind: 'result', id: request.id, invokeMs }, outputs);
    }
  } catch (error) {
    if (!isExpected(error)) throw error;
    send({ kind: 'failed', id: request.id, message: sentence(error), permanent: error.exitCode !== 69 });
  }
}

const reader = new MessageReader({ onMessage: answer });
const chunk = Buffer.allocUnsafe(1 << 18);
for (;;) {
  // 0: the agent has gone, and so does the worker.
  const length = readSync(pipe, chunk, 0, chunk.byteLength, null);
  if (length === 0) break;
  reader.push(chunk.subarray(0, length));
}
