/** Pools and averages over pictures. */
import { isConstant, type Value } from '../graph.ts';
import { flagOf, numbersOf } from '../graph-def.ts';
import { plainAxes, windowOutput } from '../shapes.ts';
import { eitherLayout } from './channels-first.ts';
import { windowOf } from './convolution.ts';
import {
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  integers,
  numbersAt,
} from './family.ts';
import { knownMax, knownMean, knownMin, knownSum } from './known.ts';

const importPool =
  (operation: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'): Importer =>
  (call) => {
    const picture = inputAt(call, 0);
    const [, height = 1, width = 1] = numbersOf(call.node, 'ksize') ?? [];
    const window = windowOf(call.node, [height, width]);
    const shape = [picture.shape[0]!, ...windowOutput(picture.shape, window, call.node.name), picture.shape[3]!];
    return call.add({ kind: 'pool', operation, inputs: [picture], window, activation: 'NONE' }, shape);
  };

const importMean: Importer = (call) => {
  const input = inputAt(call, 0);
  if (isConstant(input)) return knownMean(call);
  const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
  return addMean(call, input, axes, keepsDimensions(call));
};

const keepsDimensions = ({ node }: ImportCall): boolean => flagOf(node, 'keep_dims') || flagOf(node, 'keepdims');

/** A sum is a mean times the number of its values. */
const importSum: Importer = (call) => {
  const input = inputAt(call, 0);
  if (isConstant(input)) return knownSum(call);
  const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
  const count = axes.reduce((product, axis) => product * input.shape[axis]!, 1);
  const mean = addMean(call, input, axes, keepsDimensions(call), 'average');
  const factor = { name: `${call.node.name}/count`, shape: [], data: Float32Array.of(count) };
  return call.add({ kind: 'binary', operation: 'MUL', inputs: [mean, factor], activation: 'NONE' }, mean.shape);
};

function importExtreme(call: ImportCall, operation: 'REDUCE_MAX' | 'REDUCE_MIN'): Value {
  const input = inputAt(call, 0);
  const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
  const isKept = keepsDimensions(call);
  const kept = input.shape.map((size, at) => (axes.includes(at) ? 1 : size));
  const found = call.add({ kind: 'extreme', operation, inputs: [input], axes }, kept, isKept ? undefined : 'kept');
  if (isKept) return found;
  return call.add(
    { kind: 'reshape', inputs: [found] },
    input.shape.filter((_, at) => !axes.includes(at)),
  );
}

const importMin: Importer = (call) =>
  isConstant(inputAt(call, 0)) ? knownMin(call) : importExtreme(call, 'REDUCE_MIN');

/** The largest over a whole picture is a pool as large as it. */
const importMax: Importer = (call) => {
  const input = inputAt(call, 0);
  if (isConstant(input)) return knownMax(call);
  const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
  const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
  if (input.shape.length !== 4 || axes.join() !== '1,2') return importExtreme(call, 'REDUCE_MAX');
  const steps = { strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
  const pool = call.add(
    {
      kind: 'pool',
      operation: 'MAX_POOL_2D',
      inputs: [input],
      window: { height, width, ...steps, padding: 'VALID' },
      activation: 'NONE',
    },
    [batch, 1, 1, channels],
    keepsDimensions(call) ? undefined : 'pool',
  );
  return keepsDimensions(call) ? pool : call.add({ kind: 'reshape', inputs: [pool] }, [batch, channels]);
};

/** XNNPACK takes averages that keep their dimensions, so one that drops them is followed by a reshape. */
function addMean(call: ImportCall, input: Value, axes: readonly number[], keepDims: boolean, suffix?: string): Value {
  const kept = input.shape.map((size, at) => (axes.includes(at) ? 1 : size));
  const mean = call.add({ kind: 'mean', inputs: [input], axes, keepDims: true }, kept, keepDims ? suffix : 'mean');
  if (keepDims) return mean;
  return call.add(
    { kind: 'reshape', inputs: [mean] },
    input.shape.filter((_, at) => !axes.includes(at)),
    suffix,
  );
}

export const poolingImporters: Importers = {
  MaxPool: eitherLayout(importPool('MAX_POOL_2D')),
  AvgPool: eitherLayout(importPool('AVERAGE_POOL_2D')),
  Mean: importMean,
  Sum: importSum,
  Max: importMax,
  Min: importMin,
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

export const emitExtreme: Emitter<'extreme'> = ({ name, operation, inputs, axes }, isQuantized) => ({
  builtin: operation,
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/axes`, axes)],
  options: { table: 'ReducerOptions', keepDims: true },
});
