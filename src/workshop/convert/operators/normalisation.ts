/** Batch normalisation, which at inference is a factor and an offset per channel. */

import type { Constant, Value } from '../graph.ts';
import { numberOf } from '../graph-def.ts';
import { checkChannelsLast, constantAt, type ImportCall, type Importers, inputAt } from './family.ts';

export interface Normalisation {
  /** Absent: 1. */
  readonly gamma?: Constant | undefined;
  /** Absent: 0. */
  readonly beta?: Constant | undefined;
  readonly mean: Constant;
  readonly variance: Constant;
  readonly epsilon: number;
}

/** A single value stands for all channels. */
const channel = (constant: Constant | undefined, at: number, otherwise: number): number =>
  constant?.data[constant.data.length === 1 ? 0 : at] ?? otherwise;

/** y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, as a multiplication and an addition. */
export function addNormalisation(call: ImportCall, input: Value, from: Normalisation, suffix?: string): Value {
  const { gamma, beta, mean, variance, epsilon } = from;
  const factor = Float32Array.from(variance.data, (value, at) => channel(gamma, at, 1) / Math.sqrt(value + epsilon));
  const offset = Float32Array.from(mean.data, (value, at) => channel(beta, at, 0) - value * factor[at]!);
  const constant = (name: string, data: Float32Array): Constant => ({
    name: `${call.node.name}/${name}`,
    shape: [data.length],
    data,
  });
  const scaled = call.add(
    { kind: 'binary', operation: 'MUL', inputs: [input, constant('factor', factor)], activation: 'NONE' },
    input.shape,
    'scaled',
  );
  return call.add(
    { kind: 'binary', operation: 'ADD', inputs: [scaled, constant('offset', offset)], activation: 'NONE' },
    input.shape,
    suffix,
  );
}

function importFusedBatchNorm(call: ImportCall): Value {
  checkChannelsLast(call);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((position) => constantAt(call, position));
  const epsilon = numberOf(call.node, 'epsilon', 0.0001);
  return addNormalisation(call, inputAt(call, 0), { gamma, beta, mean: mean!, variance: variance!, epsilon });
}

export const normalisationImporters: Importers = {
  FusedBatchNorm: importFusedBatchNorm,
  FusedBatchNormV2: importFusedBatchNorm,
  FusedBatchNormV3: importFusedBatchNorm,
};
