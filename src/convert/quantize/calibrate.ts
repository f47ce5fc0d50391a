/** Calibration: the ranges of all activations on some photos, found by running the graph in float. */
import { InputError } from '../../errors.ts';
import type { Engine } from '../../infer/engine.ts';
import { floatStorage } from '../emit-model.ts';
import type { Graph, Value } from '../graph.ts';
import { bytesOfFloats, floatsOf, openObservation } from './observe.ts';
import { joinRanges, type Range, type RangeMethod, rangeOf } from './ranges.ts';

export interface CalibrateOptions {
  readonly engine: Engine;
  /** The graph's input, in float, per photo. */
  readonly photos: readonly Float32Array[];
  readonly method: RangeMethod;
  readonly onPhoto?: ((done: number) => void) | undefined;
}

/** @throws InputError without photos, or when an activation is no number */
export async function calibrate(
  graph: Graph,
  { engine, photos, method, onPhoto }: CalibrateOptions,
): Promise<ReadonlyMap<Value, Range>> {
  if (photos.length === 0) throw new InputError('Calibration needs at least one photo.');
  const found = graph.nodes.map((): Range[] => []);
  const run = await openObservation({ graph, storage: floatStorage, engine, name: 'calibration' });
  for (const [photo, input] of photos.entries()) {
    for (const [at, bytes] of (await run(bytesOfFloats(input))).entries()) {
      const range = rangeOf(floatsOf(bytes), method);
      if (!Number.isFinite(range.low) || !Number.isFinite(range.high)) {
        throw new InputError(`${graph.nodes[at]!.name} gives values that are no numbers: it can't be quantized.`);
      }
      found[at]!.push(range);
    }
    onPhoto?.(photo + 1);
  }
  return new Map(graph.nodes.map(({ output }, at) => [output, joinRanges(found[at]!, method)]));
}
