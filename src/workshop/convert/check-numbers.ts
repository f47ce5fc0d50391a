/** Weights must be numbers: what is left of a graph after folding is looked through before anything is made of it. */
import type { Graph } from './graph.ts';
import { checkFinite } from './sources/weights.ts';

/**
 * Only of constants that the model keeps: thresholds of minus infinity in parts that fell away harm nobody.
 * @throws InputError naming the weight and the first value that is no number
 */
export function checkNumbers({ nodes }: Graph, source: string): void {
  for (const value of new Set(nodes.flatMap(({ inputs }) => inputs))) {
    if (value.data instanceof Float32Array) checkFinite(value.data, value.name, source);
  }
}
