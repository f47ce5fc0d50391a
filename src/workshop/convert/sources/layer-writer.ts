/** What a layer of Keras is written with, as nodes of a graph. */
import type { Attribute, TensorValue } from '../graph-def.ts';
import type { KerasLayer } from './keras-config.ts';

/** Finds the weights of a layer. */
export interface KerasWeights {
  /**
   * By their names, such as kernel; empty where the layer has none.
   * @param path names of the models around the layer, the outermost first
   */
  of(path: readonly string[], layer: KerasLayer): ReadonlyMap<string, TensorValue>;
}

/** What a layer writes its nodes with. */
export interface LayerWriter {
  readonly layer: KerasLayer;
  /** Of Keras: activations of the same name differ. */
  readonly majorVersion: number;
  /** References of the tensors that the layer is called with, in order. */
  readonly inputs: readonly string[];
  /** The same with constants among them. */
  readonly args: readonly (string | { readonly value: unknown })[];
  readonly kwargs: Readonly<Record<string, string | { readonly value: unknown }>>;
  /** Appends a node and gives its reference. */
  add(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** A weight of this layer as a constant; undefined where it has none of that name. */
  weight(name: string): string | undefined;
  /** A constant of the layer's own; a number alone is a single float. */
  constant(name: string, value: TensorValue | number): string;
}

export interface Problem {
  /** Why a layer can't be converted, as the end of a sentence. */
  readonly problem: string;
}

/** The reference of the layer's output, or why it can't be converted. */
export type LayerImporter = (writer: LayerWriter) => string | Problem;
