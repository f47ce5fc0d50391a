/** Pools and averages over pictures. */

import type { Value } from '../graph.ts';
import { flagOf, numbersOf } from '../graph-def.ts';
import { plainAxes, windowOutput } from '../shapes.ts';
import { windowOf } from './convolution.ts';
import {
  checkChannelsLast,
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  integers,
  numbersAt,
} from './family.ts';

const importPool =
  (operation: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'): Importer =>
  (call) => {
    checkChannelsLast(call);
    const picture = inputAt(call, 0);
    const [, height = 1, width = 1] = numbersOf(call.node, 'ksize') ?? [];
    const window = windowOf(call.node, [height, width]);
    const shape = [picture.shape[0]!, ...windowOutput(picture.shape, window, call.node.name), picture.shape[3]!];
    return call.add({ kind: 'pool', operation, inputs: [picture], window, activation: 'NONE' }, shape);
  };

function importMean(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
  return addMean(call, input, axes, flagOf(call.node, 'keep_dims'));
}

/** XNNPACK takes averages that keep their dimensions, so one that drops them is followed by a reshape. */
export function addMean(call: ImportCall, input: Value, axes: readonly number[], keepDims: boolean): Value {
  const kept = input.shape.map((size, at) => (axes.includes(at) ? 1 : size));
  const mean = call.add({ kind: 'mean', inputs: [input], axes, keepDims: true }, kept, keepDims ? undefined : 'mean');
  if (keepDims) return mean;
  return call.add(
    { kind: 'reshape', inputs: [mean] },
    input.shape.filter((_, at) => !axes.includes(at)),
  );
}

export const poolingImporters: Importers = {
  MaxPool: importPool('MAX_POOL_2D'),
  AvgPool: importPool('AVERAGE_POOL_2D'),
  Mean: importMean,
};

export const emitPool: Emitter<'pool'> = ({ operation, inputs, window, activation }, isQuantized) => ({
  builtin: operation,
  version: isQuantized ? 2 : 1,
  inputs,
  options: {
    table: 'Pool2DOptions',
    padding: window.padding,
    strideH: window.strideHeight,
    strideW: window.strideWidth,
    filterHeight: window.height,
    filterWidth: window.width,
    fusedActivationFunction: activation,
  },
});

export const emitMean: Emitter<'mean'> = ({ name, inputs, axes, keepDims }, isQuantized) => ({
  builtin: 'MEAN',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/axes`, axes)],
  options: { table: 'ReducerOptions', keepDims },
});
