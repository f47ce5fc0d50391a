/** Activations: every ReLU is a clamp; the others are functions of one value. */

import { InputError } from '../../../errors.ts';
import type { UnaryOperation, Value } from '../graph.ts';
import { numberOf } from '../graph-def.ts';
import { plainAxes } from '../shapes.ts';
import {
  constantAt,
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  numbersAt,
} from './family.ts';

const clamps: Readonly<Record<string, { readonly low: number; readonly high: number }>> = {
  Relu: { low: 0, high: Number.POSITIVE_INFINITY },
  Relu6: { low: 0, high: 6 },
  ReluN1To1: { low: -1, high: 1 },
};

/** The range that a ReLU of this name keeps; undefined for other names. */
export const clampOf = (operation: string) => clamps[operation];

const importClamp: Importer = (call) => {
  const input = inputAt(call, 0);
  return call.add({ kind: 'clamp', inputs: [input], ...clamps[call.node.op]! }, input.shape);
};

function importClip(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const [low, high] = [numbersAt(call, 1), numbersAt(call, 2)];
  if (low.length !== 1 || high.length !== 1) {
    throw new InputError(
      `${call.node.name} (${call.node.op}) keeps each channel to a range of its own; goby converts one range for all.`,
    );
  }
  return call.add({ kind: 'clamp', inputs: [input], low: low[0]!, high: high[0]! }, input.shape);
}

const importUnary =
  (operation: UnaryOperation): Importer =>
  (call) => {
    const input = inputAt(call, 0);
    return call.add({ kind: 'unary', operation, inputs: [input] }, input.shape);
  };

/** Over the last axis; Keras may name another, which is turned there and back. */
function importSoftmax(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const last = input.shape.length - 1;
  const [axis = last] = plainAxes([numberOf(call.node, 'axis', -1)], input.shape.length, call.node.name);
  if (axis === last) return call.add({ kind: 'softmax', inputs: [input] }, input.shape);
  const order = input.shape.map((_, at) => (at === axis ? last : at === last ? axis : at));
  const shape = order.map((at) => input.shape[at]!);
  const turned = call.add({ kind: 'transpose', inputs: [input], order }, shape, 'turned');
  const shares = call.add({ kind: 'softmax', inputs: [turned] }, shape, 'softmax');
  return call.add({ kind: 'transpose', inputs: [shares], order }, input.shape);
}

/** max(x, 0) + alpha * min(x, 0), by its parts, which are quantized like any others. */
export function addParametricRelu(call: ImportCall, input: Value, alpha: Value, suffix?: string): Value {
  const { shape } = input;
  const part = (name: string, low: number, high: number) =>
    call.add({ kind: 'clamp', inputs: [input], low, high }, shape, name);
  const inputs = [part('below', Number.NEGATIVE_INFINITY, 0), alpha];
  const weighed = call.add({ kind: 'binary', operation: 'MUL', inputs, activation: 'NONE' }, shape, 'weighed');
  const above = part('above', 0, Number.POSITIVE_INFINITY);
  return call.add({ kind: 'binary', operation: 'ADD', inputs: [above, weighed], activation: 'NONE' }, shape, suffix);
}

export const activationImporters: Importers = {
  Relu: importClamp,
  Relu6: importClamp,
  ClipByValue: importClip,
  Sigmoid: importUnary('LOGISTIC'),
  Tanh: importUnary('TANH'),
  Exp: importUnary('EXP'),
  Log: importUnary('LOG'),
  Abs: importUnary('ABS'),
  Neg: importUnary('NEG'),
  Sqrt: importUnary('SQRT'),
  Rsqrt: importUnary('RSQRT'),
  Square: importUnary('SQUARE'),
  Elu: importUnary('ELU'),
  Softmax: importSoftmax,
  // TensorFlow.js writes it, in place of the five nodes of TensorFlow.
  Prelu: (call) => addParametricRelu(call, inputAt(call, 0), constantAt(call, 1)),
  LeakyRelu: (call) => {
    const input = inputAt(call, 0);
    return call.add({ kind: 'leakyRelu', inputs: [input], alpha: numberOf(call.node, 'alpha', 0.2) }, input.shape);
  },
};

/** Operators whose 8-bit kernels came with version 2. */
const laterQuantized = new Set<UnaryOperation>(['LOGISTIC', 'TANH', 'ABS', 'RSQRT']);

export const emitUnary: Emitter<'unary'> = ({ operation, inputs }, isQuantized) => ({
  builtin: operation,
  version: isQuantized && laterQuantized.has(operation) ? 2 : 1,
  inputs,
});

/** Only clamps that are ReLUs get here: others are minima and maxima by then. */
export const emitClamp: Emitter<'clamp'> = ({ low, high, inputs }, isQuantized) => ({
  builtin: low === -1 && high === 1 ? 'RELU_N1_TO_1' : high === 6 ? 'RELU6' : 'RELU',
  version: isQuantized && low === 0 ? 2 : 1,
  inputs,
});

export const emitSoftmax: Emitter<'softmax'> = ({ inputs }, isQuantized) => ({
  builtin: 'SOFTMAX',
  version: isQuantized ? 2 : 1,
  inputs,
  options: { table: 'SoftmaxOptions', beta: 1 },
});

export const emitLeakyRelu: Emitter<'leakyRelu'> = ({ inputs, alpha }, isQuantized) => ({
  builtin: 'LEAKY_RELU',
  version: isQuantized ? 2 : 1,
  inputs,
  options: { table: 'LeakyReluOptions', alpha },
});
