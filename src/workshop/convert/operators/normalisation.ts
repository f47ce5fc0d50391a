/** Batch normalisation, which at inference is a factor and an offset per channel. */
import { InputError } from '../../../errors.ts';
import type { Constant, Value } from '../graph.ts';
import { flagOf, numberOf } from '../graph-def.ts';
import { eitherLayout } from './channels-first.ts';
import { constantAt, type ImportCall, type Importers, inputAt } from './family.ts';

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
  const { name, op, attributes } = call.node;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((position) => constantAt(call, position));
  // The attribute's default is true, but older writers of inference graphs leave it out.
  if (attributes['is_training'] === true || mean!.data.length === 0) {
    throw new InputError(`${name} (${op}) takes mean and variance of the batch that it sees (is_training).`, {
      remedy:
        'The graph was frozen as it trains: freeze it for inference (slim: is_training=False; Keras: set_learning_phase(0) before the model is built).',
    });
  }
  const epsilon = numberOf(call.node, 'epsilon', 0.0001);
  return addNormalisation(call, inputAt(call, 0), { gamma, beta, mean: mean!, variance: variance!, epsilon });
}

/** The batch normalisation of the first Inception graphs, which retrain.py fetches as inception_v3. */
function importGlobalNormalisation(call: ImportCall): Value {
  const [mean, variance, beta, gamma] = [1, 2, 3, 4].map((position) => constantAt(call, position));
  const epsilon = numberOf(call.node, 'variance_epsilon', 0.001);
  const isScaled = flagOf(call.node, 'scale_after_normalization');
  return addNormalisation(call, inputAt(call, 0), {
    gamma: isScaled ? gamma : undefined,
    beta,
    mean: mean!,
    variance: variance!,
    epsilon,
  });
}

export const normalisationImporters: Importers = {
  BatchNormWithGlobalNormalization: importGlobalNormalisation,
  FusedBatchNorm: eitherLayout(importFusedBatchNorm),
  FusedBatchNormV2: eitherLayout(importFusedBatchNorm),
  FusedBatchNormV3: eitherLayout(importFusedBatchNorm),
};
