/** The inference worker: a process of its own that loads the native libraries and answers one request after the other. */
import { readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { isExpected, sentence } from '../errors.ts';
import { loadTfLite } from '../tflite/library.ts';
import { ModelRack } from '../tflite/model-rack.ts';
import { encodeHead, prefixBytes, type Reply, readPrefix, requestSchema } from './protocol.ts';

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

/** Reads until `into` is full. False: the agent has gone, and so does the worker. */
function fill(into: Uint8Array): boolean {
  for (let at = 0; at < into.byteLength; ) {
    const length = readSync(pipe, into, at, into.byteLength - at, null);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

const prefix = Buffer.alloc(prefixBytes);
/** Used again for every request: the bytes of a tensor go from the pipe to where the library takes them, and nowhere else. */
let payload = new Uint8Array(0);
while (fill(prefix)) {
  const { headerBytes, payloadBytes } = readPrefix(prefix);
  const header = Buffer.allocUnsafe(headerBytes);
  if (payload.byteLength < payloadBytes) payload = new Uint8Array(payloadBytes);
  const part = payload.subarray(0, payloadBytes);
  if (!fill(header) || !fill(part)) break;
  answer(JSON.parse(header.toString('utf8')), part);
}
