/** Checks that every index in a model leads somewhere, so that whoever walks it needs no checks of their own. */
import { InputError } from '../../errors.ts';
import type { Operator, SubGraph } from './schema.ts';
import type { TfliteModel } from './tflite-model.ts';

/** An operator's input of this index is left out. */
export const absentTensor = -1;

/** @throws InputError naming the first index that leads nowhere */
export function checkIndices(model: TfliteModel, file: string): void {
  const check = (index: number, count: number, what: string): void => {
    if (index >= 0 && index < count) return;
    throw new InputError(`${file} is damaged: ${what} has number ${index}, and there are ${count}.`);
  };
  if (model.subgraphs.length === 0) throw new InputError(`${file} holds no graph.`);
  for (const [at, graph] of model.subgraphs.entries()) checkGraph(model, graph, `graph ${at}`, check);
  for (const entry of model.metadata ?? []) {
    check(entry.buffer, model.buffers.length, `the buffer of metadata ${entry.name ?? ''}`);
  }
  for (const index of model.metadataBuffer ?? []) check(index, model.buffers.length, 'a metadata buffer');
  for (const signature of model.signatureDefs ?? []) {
    check(signature.subgraphIndex, model.subgraphs.length, 'the graph of a signature');
    const tensors = model.subgraphs[signature.subgraphIndex]!.tensors.length;
    for (const { name = '', tensorIndex } of [...(signature.inputs ?? []), ...(signature.outputs ?? [])]) {
      check(tensorIndex, tensors, `the tensor ${name} of a signature`);
    }
  }
}

type Check = (index: number, count: number, what: string) => void;

function checkGraph(model: TfliteModel, graph: SubGraph, where: string, check: Check): void {
  for (const [at, tensor] of graph.tensors.entries()) {
    const name = `tensor ${at} of ${where}`;
    // Number 0 says that there is no data; some files leave that empty buffer out.
    if (tensor.buffer !== 0) check(tensor.buffer, model.buffers.length, `the buffer of ${name}`);
    if (tensor.shape.some((size) => size < 0)) {
      throw new InputError(`${name} has the shape [${tensor.shape.join(', ')}]: sizes can't be negative.`);
    }
  }
  for (const index of graph.inputs) check(index, graph.tensors.length, `an input of ${where}`);
  for (const index of graph.outputs) check(index, graph.tensors.length, `an output of ${where}`);
  for (const [at, operator] of graph.operators.entries()) {
    checkOperator(model, graph, operator, `operator ${at} of ${where}`, check);
  }
}

function checkOperator(model: TfliteModel, graph: SubGraph, operator: Operator, where: string, check: Check): void {
  check(operator.opcodeIndex, model.operatorCodes.length, `the code of ${where}`);
  for (const index of operator.inputs) {
    if (index !== absentTensor) check(index, graph.tensors.length, `an input of ${where}`);
  }
  for (const index of operator.outputs) check(index, graph.tensors.length, `an output of ${where}`);
  for (const index of operator.intermediates ?? []) {
    if (index !== absentTensor) check(index, graph.tensors.length, `an inner tensor of ${where}`);
  }
  if (operator.largeCustomOptionsOffset > 1) {
    throw new InputError(`${where} keeps its options behind the FlatBuffer, as only models over 2 GB do.`);
  }
}
