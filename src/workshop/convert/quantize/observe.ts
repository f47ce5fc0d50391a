/** Runs a graph through the inference worker and shows every activation. */
import type { Engine } from '../../../flow/infer/engine.ts';
import { longestPayload } from '../../../flow/infer/protocol.ts';
import { writeModel } from '../../../models/tflite-file/write-model.ts';
import { emitModel, type Storage } from '../emit-model.ts';
import type { Graph, Value } from '../graph.ts';
import { loadBytes } from '../load-bytes.ts';
import { dropUnneeded } from '../passes/layout.ts';

/**
 * One run.
 * @param input bytes of the graph's one input, in the type that the storage gives it
 * @param take called with what each node gives out, in the order of the graph's nodes. The bytes are valid until it returns: 56 MB
 * for a detector of 300 x 300 pixels in float, so nothing is kept twice
 */
export type Observation = (input: Uint8Array, take: (at: number, bytes: Uint8Array) => void) => Promise<void>;

/** Half of what a worker may answer; a detector of 640 x 640 pixels has more, and is run once for each part of its activations. */
const mostBytes = longestPayload / 2;

export interface ObservedGraph {
  readonly graph: Graph;
  readonly storage: Storage;
  readonly engine: Engine;
  /** Of the model inside the engine. */
  readonly name: string;
  /** Activations of one model, bytes; absent: 128 MB. */
  readonly partBytes?: number;
}

/**
 * Loads a model of which every activation is an output, or several where they are too many bytes. None is left dangling: an inner
 * tensor made an output while operators behind it lead nowhere crashes the XNNPACK delegate of 2.9.
 */
export async function openObservation({
  graph,
  storage,
  engine,
  name,
  partBytes = mostBytes,
}: ObservedGraph): Promise<Observation> {
  const plain = { ...storage, inputType: undefined };
  const parts = partsOf(graph, { bytesEach: storage.isQuantized ? 1 : 4, partBytes }).map((activations, part) => ({
    activations,
    model: part === 0 ? name : `${name}-${part}`,
  }));
  for (const { activations, model } of parts) {
    const leading = dropUnneeded({ ...graph, outputs: activations, outputNames: [] });
    const bytes = writeModel(emitModel({ ...leading, outputs: [] }, plain, activations));
    await loadBytes(engine, model, bytes);
  }
  return async (input, take) => {
    let at = 0;
    for (const { model } of parts) {
      for (const { bytes } of (await engine.infer(model, [input])).outputs) take(at++, bytes);
    }
  };
}

/** What the nodes give out, in their order, as few parts as possible. */
function partsOf(
  { nodes }: Graph,
  { bytesEach, partBytes }: { readonly bytesEach: number; readonly partBytes: number },
): Value[][] {
  const parts: Value[][] = [];
  let left = 0;
  for (const { output } of nodes) {
    const bytes = bytesEach * output.shape.reduce((product, size) => product * size, 1);
    if (parts.length === 0 || bytes > left) {
      parts.push([]);
      left = partBytes;
    }
    parts.at(-1)!.push(output);
    left -= bytes;
  }
  return parts;
}

/** Bytes of any alignment as float; without a copy where the alignment allows it. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  return bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : new Float32Array(new Uint8Array(bytes).buffer);
}

export const bytesOfFloats = (floats: Float32Array): Uint8Array =>
  new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
