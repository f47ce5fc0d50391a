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
  const { metadata: _, metadataBuffer: __, signatureDefs: ___, ...rest } = model;
  const inputs = graph.inputs.filter((index) => tensors.has(index));
  return renumbered({ ...rest, subgraphs: [{ ...graph, inputs, outputs: [...outputs], operators }] });
}

/** Leaves out tensors, buffers and operator codes that nothing uses any more. Of a model with more than one graph nothing is left out. */
export function withoutUnused(model: TfliteModel): TfliteModel {
  return model.subgraphs.length === 1 ? renumbered(model) : model;
}

/** Numbers what the only graph uses in rising order; the rest is dropped. */
function renumbered(model: TfliteModel): TfliteModel {
  const graph = mainGraph(model);
  const { operators } = graph;
  const used = [
    graph.inputs,
    graph.outputs,
    ...operators.flatMap((one) => [one.inputs, one.outputs, one.intermediates ?? []]),
  ];
  const tensorAt = renumber(new Set(used.flat().filter((index) => index !== absentTensor)));
  const codeAt = renumber(new Set(operators.map(({ opcodeIndex }) => opcodeIndex)));
  const kept = tensorAt.old.map((index) => graph.tensors[index]!);
  const metadata = model.metadata?.map(({ buffer }) => buffer) ?? [];
  // Buffer 0 is the empty one of every tensor that holds no data.
  const bufferAt = renumber(
    new Set([0, ...kept.map(({ buffer }) => buffer), ...metadata, ...(model.metadataBuffer ?? [])]),
  );
  const moved = (index: number): number => (index === absentTensor ? index : tensorAt.new.get(index)!);
  const movedBuffer = (index: number): number => bufferAt.new.get(index)!;
  const { metadataBuffer, signatureDefs } = model;
  const movedMap = <Entry extends { readonly tensorIndex: number }>(entries: readonly Entry[] | undefined) =>
    entries?.map((entry) => ({ ...entry, tensorIndex: moved(entry.tensorIndex) }));
  return {
    ...model,
    operatorCodes: codeAt.old.map((index) => model.operatorCodes[index]!),
    buffers: bufferAt.old.map((index) => model.buffers[index] ?? new Uint8Array()),
    ...(model.metadata && { metadata: model.metadata.map((one) => ({ ...one, buffer: movedBuffer(one.buffer) })) }),
    ...(metadataBuffer && { metadataBuffer: metadataBuffer.map(movedBuffer) }),
    ...(signatureDefs && {
      signatureDefs: signatureDefs.map(({ inputs, outputs, ...rest }) => ({
        ...rest,
        ...(inputs && { inputs: movedMap(inputs)! }),
        ...(outputs && { outputs: movedMap(outputs)! }),
      })),
    }),
    subgraphs: [
      {
        ...graph,
        inputs: graph.inputs.map(moved),
        outputs: graph.outputs.map(moved),
        tensors: kept.map((tensor) => ({ ...tensor, buffer: movedBuffer(tensor.buffer) })),
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
