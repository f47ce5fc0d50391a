/** Multiply-accumulates and parameters of a classifier, with its last dense layer told apart. */

import { modelCost } from '../../models/tflite-file/operator-cost.ts';
import { mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import type { Counted } from './count-check.ts';

const dense = new Set(['CONV_2D', 'FULLY_CONNECTED']);

/** The head is what stands behind the pooling layer; a model that ends there has a head of nothing. */
export function countedOf(model: TfliteModel): Counted {
  const { macs, parameters, operators } = modelCost(model);
  const graph = mainGraph(model);
  const pooling = operators.findLastIndex(({ name }) => name === 'AVERAGE_POOL_2D' || name === 'MEAN');
  const behind = operators.slice(pooling + 1).filter(({ name }) => dense.has(name));
  const pooled = pooling < 0 ? undefined : graph.tensors[graph.operators[pooling]!.outputs[0]!];
  return {
    macs,
    parameters,
    head: {
      macs: behind.reduce((sum, operator) => sum + operator.macs, 0),
      parameters: behind.reduce((sum, operator) => sum + operator.parameters, 0),
    },
    features: pooled?.shape.at(-1) ?? 0,
  };
}
