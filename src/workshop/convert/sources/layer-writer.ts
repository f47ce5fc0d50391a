/** What a layer of Keras is written with, as nodes of a graph. */
import type { Attribute, TensorValue } from '../graph-def.ts';
import type { KerasLayer } from './keras-config.ts';

/** Weights by `layer/weight`, such as conv1/kernel. */
export type KerasWeights = ReadonlyMap<string, TensorValue>;

/** What a layer writes its nodes with. */
export interface LayerWriter {
  readonly layer: KerasLayer;
  /** References of the layer's inputs. */
  readonly inputs: readonly string[];
  /** Appends a node and gives its reference. */
  add(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** A weight of this layer as a constant; undefined where it has none of that name. */
  weight(name: string): string | undefined;
  constant(name: string, value: TensorValue): string;
}
