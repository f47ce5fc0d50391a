/** Runs a graph on photos through the inference worker and shows every activation of each. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from '../../flatbuffer/write-model.ts';
import type { Engine, RawOutput } from '../../infer/engine.ts';
import { emitModel, type Storage } from '../emit-model.ts';
import type { Graph } from '../graph.ts';

/** Called once per photo with the values that each node gave, in the order of the graph's nodes. */
export type Observer = (values: readonly RawOutput[], photo: number) => void;

/**
 * Every activation becomes an output. None is left dangling: an inner tensor made an output while operators behind it lead
 * nowhere crashes the XNNPACK delegate of 2.9.
 * @param inputs bytes of the graph's one input, per photo, in the type that `storage` gives it
 */
export async function observe(
  graph: Graph,
  storage: Storage,
  inputs: readonly Uint8Array[],
  { engine, name }: { engine: Engine; name: string },
  observer: Observer,
): Promise<void> {
  const activations = graph.nodes.map(({ output }) => output);
  const bytes = writeModel(emitModel({ ...graph, outputs: [], outputNames: [] }, storage, activations));
  const folder = await mkdtemp(join(tmpdir(), 'goby-calibrate-'));
  try {
    const path = join(folder, 'observed.tflite');
    await writeFile(path, bytes);
    await engine.load({ name, cpu: { path, sha256: createHash('sha256').update(bytes).digest('hex') } });
    for (const [photo, input] of inputs.entries()) {
      const { outputs } = await engine.infer(name, [input]);
      observer(outputs, photo);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies to an aligned place and reads as float. */
export function floatsOf({ bytes }: RawOutput): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
