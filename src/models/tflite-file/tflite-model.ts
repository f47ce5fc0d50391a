/** A .tflite model in memory: the noun that everything which reads, writes or counts models works on. */
import type { BuiltinOperator } from './builtin-operators.ts';
import type { FileValue, Operator, SubGraph, Tensor } from './schema.ts';

/** Which operator, and the version of its behaviour. `customCode` names it where `builtin` is CUSTOM. */
export interface OperatorCode {
  readonly builtin: BuiltinOperator;
  readonly customCode?: string;
  readonly version: number;
}

/** Indices in it are sound: reading checks them all, and so does writing. */
export interface TfliteModel extends Omit<FileValue, 'operatorCodes' | 'buffers'> {
  readonly operatorCodes: readonly OperatorCode[];
  /** Little-endian bytes by buffer index; views into the file that was read. Number 0 is empty by convention. */
  readonly buffers: readonly Uint8Array[];
}

/** The operator's name as people know it: the builtin's, or the custom code. */
export function operatorName(model: TfliteModel, operator: Operator): string {
  const code = model.operatorCodes[operator.opcodeIndex]!;
  return code.builtin === 'CUSTOM' ? (code.customCode ?? 'CUSTOM') : code.builtin;
}

/** The constant bytes of a tensor; empty for activations. */
export function constantBytes(model: TfliteModel, tensor: Tensor): Uint8Array {
  return model.buffers[tensor.buffer] ?? new Uint8Array();
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The first subgraph: the one that is run. */
export function mainGraph(model: TfliteModel): SubGraph {
  return model.subgraphs[0]!;
}
