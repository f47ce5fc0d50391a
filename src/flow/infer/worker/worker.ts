/** The inference worker: a process of its own that loads the native libraries and answers one request after the other. */
import { readSync, writeSync } from 'node:fs';
import { isExpected, sentence } from '../../../errors.ts';
import { returnFreeMemory } from '../../../system/measure/free-memory.ts';
import { MessageReader } from '../message-reader.ts';
import { encodeHead, slots, wordsEnd } from '../protocol.ts';
import type { Reply } from '../reply-schema.ts';
import type { WorkerSettings } from '../worker-process.ts';
import { loadTfLite } from './library.ts';
import { mapMemory } from './mapped-memory.ts';
import { ModelRegistry } from './model-registry.ts';
import { readRequest } from './read-request.ts';

/** The pipe that the agent opened for both directions: see worker-process.ts. */
const pipe = 3;
/** The descriptor of the first memory. */
const firstMemory = 4;

// Ctrl-C in a terminal reaches every process of the agent. It alone ends this one, by its end of the pipe: one that went before
// its time would be started again by an agent that is just saying goodbye.
process.on('SIGINT', () => undefined);

/** Written by this goby's own agent, which started this process: worker-process.ts. */
const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings;

/** Where the agent puts the inputs, by slot: see worker-process.ts. */
const inputs = Array.from({ length: slots }, (_, slot) => mapMemory(firstMemory + slot));
const registry = new ModelRegistry({
  mostThreads: 1,
  builtInKernels: false,
  ...settings,
  tflite: loadTfLite(settings.library),
});

/** Room for an answer as a whole, so that the agent wakes up once for it; used again. */
let outgoing = Buffer.alloc(4096);

/** Blocking on purpose: this process has nothing else to do, and a wake-up through the event loop costs a fifth of a millisecond. */
function send(reply: Reply, payload: Uint8Array = new Uint8Array(0)): void {
  const head = encodeHead(reply, payload.byteLength);
  const bytes = head.byteLength + payload.byteLength;
  if (outgoing.byteLength < bytes) outgoing = Buffer.alloc(bytes);
  outgoing.set(head);
  outgoing.set(payload, head.byteLength);
  for (let at = 0; at < bytes; ) at += writeSync(pipe, outgoing, at, bytes - at);
}

function answer(header: unknown, payload: Uint8Array): void {
  const request = readRequest(header);
  try {
    if (request.kind === 'ping') send({ kind: 'pong', id: request.id });
    else if (request.kind === 'load') {
      const loaded = registry.load(request);
      // Numbers of threads that were tried had an interpreter each.
      returnFreeMemory();
      send({ kind: 'loaded', id: request.id, ...loaded });
    } else if (request.kind === 'unload') {
      registry.unload(request.model);
      send({ kind: 'unloaded', id: request.id });
    } else {
      const given = request.inPayload === true ? payload : inputs[request.slot]!(request.bytes);
      const { invokeMs, outputs } = registry.infer(request.model, given);
      send({ kind: 'result', id: request.id, invokeMs }, outputs);
    }
  } catch (error) {
    if (!isExpected(error)) throw error;
    // Behind this line the agent has heard all that the library said of this request.
    writeSync(2, `${wordsEnd(request.id)}\n`);
    send({ kind: 'failed', id: request.id, message: sentence(error), permanent: error.exitCode !== 69 });
  }
}

const reader = new MessageReader({ onMessage: answer });
const chunk = new Uint8Array(65_536);
// Nothing more to read: the agent has gone, and so does the worker.
for (let length = readSync(pipe, chunk); length > 0; length = readSync(pipe, chunk))
  reader.push(chunk.subarray(0, length));
