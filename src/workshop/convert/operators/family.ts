/** What each family of operators brings: how TensorFlow's nodes become the converter's, and these TensorFlow Lite's. */
import { InputError } from '../../../errors.ts';
import type { BuiltinOperator } from '../../../models/tflite-file/builtin-operators.ts';
import type { BuiltinOptions } from '../../../models/tflite-file/schema.ts';
import { type Constant, isConstant, type Node, type NodeOf, type Value } from '../graph.ts';
import type { GraphNode } from '../graph-def.ts';

type DraftOf<N> = N extends Node ? Omit<N, 'name' | 'output'> : never;
/** A node without its name and output: `add` makes these. */
export type NodeDraft = DraftOf<Node>;

/** One node of the source on its way into the graph. */
export interface ImportCall {
  readonly node: GraphNode;
  /** In the order of the node's references, all known by now. */
  readonly inputs: readonly Value[];
  /** Appends a node and gives its output. `suffix` sets the steps of one source node apart; the last has none. */
  add(draft: NodeDraft, shape: readonly number[], suffix?: string): Value;
  /** Notes the range that the source was trained to keep a value to. */
  range(value: Value, range: { readonly low: number; readonly high: number }): void;
}

/**
 * The node's outputs; a single one stands for itself.
 * @throws InputError saying what about this node goby can't convert
 */
export type Importer = (call: ImportCall) => Value | readonly Value[];
export type Importers = Readonly<Record<string, Importer>>;

/** One operator of the file to write; constants among its inputs may be made here. */
export interface OperatorDraft {
  readonly builtin: BuiltinOperator;
  readonly version: number;
  readonly inputs: readonly Value[];
  readonly options?: BuiltinOptions;
}

export type Emitter<Kind extends Node['kind']> = (node: NodeOf<Kind>, isQuantized: boolean) => OperatorDraft;

/** @throws InputError when the node has no such input */
export function inputAt({ node, inputs }: ImportCall, position: number): Value {
  const value = inputs[position];
  if (value === undefined) throw new InputError(`${node.name} (${node.op}) lacks its input ${position}.`);
  return value;
}

/** An input that has to be known when converting, such as a filter or a shape. */
export function constantAt(call: ImportCall, position: number): Constant {
  const value = inputAt(call, position);
  if (!isConstant(value)) {
    throw new InputError(`${call.node.name} (${call.node.op}) takes ${value.name}, which is not constant.`);
  }
  return value;
}

export const numbersAt = (call: ImportCall, position: number): number[] => Array.from(constantAt(call, position).data);

/** A constant made by the converter. */
export function integers(
  name: string,
  numbers: readonly number[],
  shape: readonly number[] = [numbers.length],
): Constant {
  return { name, shape, data: Int32Array.from(numbers) };
}
