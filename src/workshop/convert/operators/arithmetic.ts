/** Arithmetic of two values with broadcasting; minima and maxima with a constant are clamps. */
import { InputError } from '../../../errors.ts';
import { type BinaryOperation, isConstant, type UnaryOperation, type Value } from '../graph.ts';
import { calculated } from '../passes/evaluate.ts';
import { broadcastShape } from '../shapes.ts';
import { eitherLayout } from './channels-first.ts';
import { constantAt, type Emitter, type ImportCall, type Importer, type Importers, inputAt } from './family.ts';

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

/** Multiplying is exact enough, quicker, and the only one of the two with an 8-bit kernel. */
const importDivision: Importer = (call) => {
  const [value, divisor] = [inputAt(call, 0), inputAt(call, 1)];
  if (!isConstant(divisor) || isConstant(value) || divisor.data instanceof Int32Array) {
    return addBinary(call, 'DIV', [value, divisor]);
  }
  const reciprocal = { ...divisor, name: `${divisor.name}/reciprocal`, data: divisor.data.map((number) => 1 / number) };
  return addBinary(call, 'MUL', [value, reciprocal]);
};

const importSquaredDifference: Importer = (call) => {
  const difference = addBinary(call, 'SUB', [inputAt(call, 0), inputAt(call, 1)], 'difference');
  return call.add({ kind: 'unary', operation: 'SQUARE', inputs: [difference] }, difference.shape);
};

const importReciprocal: Importer = (call) => {
  const value = inputAt(call, 0);
  return addBinary(call, 'DIV', [{ name: `${call.node.name}/one`, shape: [], data: Float32Array.of(1) }, value]);
};

/** Powers that are operations of their own. */
const powers: Readonly<Record<number, UnaryOperation>> = { 2: 'SQUARE', 0.5: 'SQRT', [-0.5]: 'RSQRT' };

const importPower: Importer = (call) => {
  const [value, exponent] = [inputAt(call, 0), constantAt(call, 1)];
  if (isConstant(value)) {
    const shape = broadcastShape(value.shape, exponent.shape, call.node.name);
    return { name: call.node.name, shape, data: calculated(value, exponent, shape, (a, b) => a ** b) };
  }
  const operation = exponent.data.length === 1 ? powers[exponent.data[0]!] : undefined;
  if (exponent.data.length === 1 && exponent.data[0] === 1) return value;
  if (exponent.data.length === 1 && exponent.data[0] === -1) return importReciprocal(call);
  if (exponent.data.length === 1 && exponent.data[0] === 3) {
    return addBinary(call, 'MUL', [addBinary(call, 'MUL', [value, value], 'square'), value]);
  }
  if (operation === undefined) {
    throw new InputError(
      `${call.node.name} (Pow) raises to ${exponent.data[0]}; goby converts 3, 2, 1, 0.5, -0.5 and -1.`,
    );
  }
  return call.add({ kind: 'unary', operation, inputs: [value] }, value.shape);
};

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
    if (range.low === Number.NEGATIVE_INFINITY && range.high === Number.POSITIVE_INFINITY) return value;
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
  return addBinary(call, 'ADD', [inputAt(call, 0), constantAt(call, 1)]);
}

export const arithmeticImporters: Importers = {
  Add: importBinary('ADD'),
  AddV2: importBinary('ADD'),
  Sub: importBinary('SUB'),
  Mul: importBinary('MUL'),
  RealDiv: importDivision,
  Div: importDivision,
  DivNoNan: importDivision,
  Reciprocal: importReciprocal,
  Inv: importReciprocal,
  Pow: importPower,
  SquaredDifference: importSquaredDifference,
  Minimum: importBound('MINIMUM'),
  Maximum: importBound('MAXIMUM'),
  AddN: importAddN,
  BiasAdd: eitherLayout(importBiasAdd),
  BiasAddV1: importBiasAdd,
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
