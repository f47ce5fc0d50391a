/** Arithmetic of two values with broadcasting; minima and maxima with a constant are clamps. */
import { InputError } from '../../../errors.ts';
import { type BinaryOperation, isConstant, type Value } from '../graph.ts';
import { broadcastShape } from '../shapes.ts';
import {
  checkChannelsLast,
  constantAt,
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
} from './family.ts';

function addBinary(
  call: ImportCall,
  operation: BinaryOperation,
  inputs: readonly [Value, Value],
  suffix?: string,
): Value {
  const shape = broadcastShape(inputs[0].shape, inputs[1].shape, call.node.name);
  return call.add({ kind: 'binary', operation, inputs, activation: 'NONE' }, shape, suffix);
}

const importBinary =
  (operation: BinaryOperation): Importer =>
  (call) =>
    addBinary(call, operation, [inputAt(call, 0), inputAt(call, 1)]);

const importBound =
  (operation: 'MINIMUM' | 'MAXIMUM'): Importer =>
  (call) => {
    const [first, second] = [inputAt(call, 0), inputAt(call, 1)];
    const [value, bound] = isConstant(second) ? [first, second] : [second, first];
    if (!isConstant(bound) || bound.data.length !== 1) return addBinary(call, operation, [first, second]);
    const limit = bound.data[0]!;
    const range =
      operation === 'MINIMUM'
        ? { low: Number.NEGATIVE_INFINITY, high: limit }
        : { low: limit, high: Number.POSITIVE_INFINITY };
    return call.add({ kind: 'clamp', inputs: [value], ...range }, value.shape);
  };

function importAddN(call: ImportCall): Value {
  if (call.inputs.length < 2) throw new InputError(`${call.node.name} (AddN) adds ${call.inputs.length} values.`);
  const [first, ...rest] = call.inputs;
  return rest.reduce(
    (sum, value, at) => addBinary(call, 'ADD', [sum, value], at === rest.length - 1 ? undefined : `sum${at}`),
    first!,
  );
}

function importBiasAdd(call: ImportCall): Value {
  checkChannelsLast(call);
  return addBinary(call, 'ADD', [inputAt(call, 0), constantAt(call, 1)]);
}

export const arithmeticImporters: Importers = {
  Add: importBinary('ADD'),
  AddV2: importBinary('ADD'),
  Sub: importBinary('SUB'),
  Mul: importBinary('MUL'),
  RealDiv: importBinary('DIV'),
  Div: importBinary('DIV'),
  Minimum: importBound('MINIMUM'),
  Maximum: importBound('MAXIMUM'),
  AddN: importAddN,
  BiasAdd: importBiasAdd,
};

export const emitBinary: Emitter<'binary'> = ({ operation, inputs, activation }, isQuantized) => {
  const draft = { builtin: operation, version: isQuantized ? 2 : 1, inputs };
  const fusedActivationFunction = activation;
  switch (operation) {
    case 'ADD':
      return { ...draft, options: { table: 'AddOptions', fusedActivationFunction, potScaleInt16: true } };
    case 'SUB':
      return { ...draft, options: { table: 'SubOptions', fusedActivationFunction, potScaleInt16: true } };
    case 'MUL':
      return { ...draft, options: { table: 'MulOptions', fusedActivationFunction } };
    case 'DIV':
      return { ...draft, options: { table: 'DivOptions', fusedActivationFunction } };
    case 'MAXIMUM':
    case 'MINIMUM':
      return { ...draft, options: { table: 'MaximumMinimumOptions' } };
  }
};
