/** Runs a graph through the inference worker and shows every activation. */
import type { Engine } from '../../../flow/infer/engine.ts';
import { writeModel } from '../../../models/tflite-file/write-model.ts';
import { emitModel, type Storage } from '../emit-model.ts';
import type { Graph } from '../graph.ts';
import { loadBytes } from '../load-bytes.ts';

/**
 * One run: bytes of the graph's one input in, in the type that the storage gives it; bytes of what each node gives out, in the
 * order of the graph's nodes. They are valid until the next run of any graph: 56 MB for a detector in float, so nothing is
 * kept twice.
 */
export type Observation = (input: Uint8Array) => Promise<readonly Uint8Array[]>;

export interface ObservedGraph {
  readonly graph: Graph;
  readonly storage: Storage;
  readonly engine: Engine;
  /** Of the model inside the engine. */
  readonly name: string;
}

/**
 * Loads a model of which every activation is an output. None is left dangling: an inner tensor made an output while operators
 * behind it lead nowhere crashes the XNNPACK delegate of 2.9.
 */
export async function openObservation({ graph, storage, engine, name }: ObservedGraph): Promise<Observation> {
  const activations = graph.nodes.map(({ output }) => output);
  const plain = { ...storage, inputType: undefined };
  const bytes = writeModel(emitModel({ ...graph, outputs: [], outputNames: [] }, plain, activations));
  await loadBytes(engine, name, bytes);
  return async (input) => (await engine.infer(name, [input])).outputs.map((output) => output.bytes);
}

/** Bytes of any alignment as float; without a copy where the alignment allows it. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  return bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : new Float32Array(new Uint8Array(bytes).buffer);
}

export const bytesOfFloats = (floats: Float32Array): Uint8Array =>
  new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
