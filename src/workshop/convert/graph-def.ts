/** A TensorFlow GraphDef as all of its encodings are read: nodes by name with plain attributes, and the constants' values. */
import type { ConstantData } from './graph.ts';

/** Data types are written as TensorFlow spells them: DT_FLOAT. A shape is a list of sizes, -1 for unknown. */
export type Attribute = string | number | boolean | readonly (string | number | boolean)[];

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1` for its second output; control inputs (`^node`) are left out. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

/** What nodes such as PartitionedCall call. References inside are `node:output name:index`, or the name of an input. */
export interface FunctionDef {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly constants: ReadonlyMap<string, TensorValue>;
  readonly texts?: ReadonlyMap<string, readonly string[]>;
  readonly inputs: readonly string[];
  /** References inside of the function. */
  readonly outputs: readonly string[];
}

export interface GraphDef {
  /** How messages name where it came from. */
  readonly source: string;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Values of Const nodes by node name. */
  readonly constants: ReadonlyMap<string, TensorValue>;
  /** Those of Const nodes that hold text. */
  readonly texts?: ReadonlyMap<string, readonly string[]>;
  readonly functions?: ReadonlyMap<string, FunctionDef>;
  /** Nodes that the source itself calls its inputs and outputs. */
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
}

/** Numbers of TensorFlow's DataType (tensorflow/core/framework/types.proto) that sources of pictures use. */
const dataTypes: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  2: 'DT_DOUBLE',
  3: 'DT_INT32',
  4: 'DT_UINT8',
  5: 'DT_INT16',
  6: 'DT_INT8',
  7: 'DT_STRING',
  9: 'DT_INT64',
  10: 'DT_BOOL',
  14: 'DT_BFLOAT16',
  19: 'DT_HALF',
};

export const dataTypeName = (type: number | string): string =>
  typeof type === 'string' ? type : (dataTypes[type] ?? `DT_${type}`);

/** The node that a reference such as `node:1` names. */
export function referredNode(reference: string): string {
  return reference.split(':', 1)[0]!;
}

/** `node:0` and `node` are the same output: the short form stands for both. */
export function plainReference(reference: string): string {
  return reference.replace(/:0$/, '');
}

export function numbersOf(node: GraphNode, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  return Array.isArray(value) ? value.map(Number) : undefined;
}

export function numberOf(node: GraphNode, name: string, otherwise: number): number {
  const value = node.attributes[name];
  return typeof value === 'number' ? value : otherwise;
}

export function textOf(node: GraphNode, name: string, otherwise: string): string {
  const value = node.attributes[name];
  return typeof value === 'string' ? value : otherwise;
}

export const flagOf = (node: GraphNode, name: string): boolean => node.attributes[name] === true;

export function textsOf(node: GraphNode, name: string): readonly string[] {
  const value = node.attributes[name];
  return Array.isArray(value) ? value.map(String) : [];
}
