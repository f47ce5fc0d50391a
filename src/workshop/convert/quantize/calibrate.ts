/** Calibration: the ranges of all activations on some photos, found by running the graph in float. */
import { InputError } from '../../../errors.ts';
import type { Graph, Value } from '../graph.ts';
import { bytesOfFloats, floatsOf, type Observation } from './observe.ts';
import { joinRanges, type Range, type RangeMethod, rangeOf } from './ranges.ts';

export interface CalibrateOptions {
  /** The graph in float. */
  readonly runFloat: Observation;
  /** The graph's input, in float, per photo. */
  readonly photos: readonly Float32Array[];
  readonly method: RangeMethod;
  readonly onPhoto?: ((done: number) => void) | undefined;
}

/** @throws InputError without photos, or when an activation is no number */
export async function calibrate(
  graph: Graph,
  { runFloat, photos, method, onPhoto }: CalibrateOptions,
): Promise<ReadonlyMap<Value, Range>> {
  if (photos.length === 0) throw new InputError('Calibration needs at least one photo.');
  const found = graph.nodes.map((): Range[] => []);
  for (const [photo, input] of photos.entries()) {
    for (const [at, bytes] of (await runFloat(bytesOfFloats(input))).entries()) {
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
