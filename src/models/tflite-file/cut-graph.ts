/** Cuts a model: chosen tensors become its outputs, and what only served the old ones is dropped. */
import { InputError } from '../../errors.ts';
import { absentTensor } from './check-indices.ts';
import type { Operator, SubGraph } from './schema.ts';
import { mainGraph, type TfliteModel } from './tflite-model.ts';

/**
 * Keeps what the outputs need. Operators behind them have to go: with a consumer left, XNNPACK keeps the tensor for
 * itself and Invoke crashes. Metadata and signatures told of the old outputs and are dropped too.
 * @param outputs tensors of the first graph that become its outputs, in order
 * @throws InputError when the model has more than one graph: control flow has no one order to cut
 */
export function cutGraph(model: TfliteModel, outputs: readonly number[], name: string): TfliteModel {
  if (model.subgraphs.length !== 1) {
    throw new InputError(`${name} has ${model.subgraphs.length} graphs; only a model with one can be cut.`);
  }
  const graph = mainGraph(model);
  const { operators, tensors } = neededFor(graph, outputs);
  const tensorAt = renumber(tensors);
  const codeAt = renumber(new Set(operators.map(({ opcodeIndex }) => opcodeIndex)));
  const kept = tensorAt.old.map((index) => graph.tensors[index]!);
  // Buffer 0 is the empty one of every tensor that holds no data.
  const bufferAt = renumber(new Set([0, ...kept.map(({ buffer }) => buffer)]));
  const moved = (index: number): number => (index === absentTensor ? index : tensorAt.new.get(index)!);
  const { metadata: _, metadataBuffer: __, signatureDefs: ___, ...rest } = model;
  return {
    ...rest,
    operatorCodes: codeAt.old.map((index) => model.operatorCodes[index]!),
    buffers: bufferAt.old.map((index) => model.buffers[index] ?? new Uint8Array()),
    subgraphs: [
      {
        ...graph,
        inputs: graph.inputs.filter((index) => tensors.has(index)).map(moved),
        outputs: outputs.map(moved),
        tensors: kept.map((tensor) => ({ ...tensor, buffer: bufferAt.new.get(tensor.buffer)! })),
        operators: operators.map((operator) => ({
          ...operator,
          opcodeIndex: codeAt.new.get(operator.opcodeIndex)!,
          inputs: operator.inputs.map(moved),
          outputs: operator.outputs.map(moved),
          ...(operator.intermediates === undefined ? {} : { intermediates: operator.intermediates.map(moved) }),
        })),
      },
    ],
  };
}

/** Operators lie in the order of their execution: one walk backwards finds all that matter. */
function neededFor(
  graph: SubGraph,
  outputs: readonly number[],
): { operators: readonly Operator[]; tensors: ReadonlySet<number> } {
  const tensors = new Set(outputs);
  const operators: Operator[] = [];
  for (const operator of graph.operators.toReversed()) {
    if (!operator.outputs.some((index) => tensors.has(index))) continue;
    operators.unshift(operator);
    for (const index of [...operator.inputs, ...operator.outputs, ...(operator.intermediates ?? [])]) {
      if (index !== absentTensor) tensors.add(index);
    }
  }
  return { operators, tensors };
}

/** Old numbers in rising order, and the new number of each. */
function renumber(kept: ReadonlySet<number>): { old: readonly number[]; new: ReadonlyMap<number, number> } {
  const old = [...kept].sort((a, b) => a - b);
  return { old, new: new Map(old.map((index, position) => [index, position])) };
}
