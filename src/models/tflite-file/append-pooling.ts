/** Puts pooling over the whole picture behind a feature map: an average for backbones without one, a maximum beside an average. */
import { plainOperator } from './plain-operator.ts';
import { mainGraph, type TfliteModel } from './tflite-model.ts';

/** @param model with one output, [1, height, width, channels]; the pooled one keeps its type and scale */
export function appendPooling(model: TfliteModel): TfliteModel {
  const graph = mainGraph(model);
  return pooled(model, { map: graph.outputs[0]!, builtin: 'AVERAGE_POOL_2D', keep: [] });
}

/**
 * Adds the maximum over the picture as a further output, [1, 1, 1, channels].
 * @param map tensor [1, height, width, channels] of the first graph
 */
export function appendMaximum(model: TfliteModel, map: number): TfliteModel {
  return pooled(model, { map, builtin: 'MAX_POOL_2D', keep: mainGraph(model).outputs });
}

interface Pooling {
  readonly map: number;
  readonly builtin: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D';
  /** Outputs that stay before the new one. */
  readonly keep: readonly number[];
}

function pooled(model: TfliteModel, { map, builtin, keep }: Pooling): TfliteModel {
  const graph = mainGraph(model);
  const source = graph.tensors[map]!;
  const [, height = 1, width = 1, channels = 1] = source.shape;
  const name = builtin === 'MAX_POOL_2D' ? 'pooled/maximum' : 'pooled';
  const operator = {
    ...plainOperator,
    opcodeIndex: model.operatorCodes.length,
    inputs: [map],
    outputs: [graph.tensors.length],
    builtinOptions: {
      table: 'Pool2DOptions',
      padding: 'VALID',
      strideW: 1,
      strideH: 1,
      filterWidth: width,
      filterHeight: height,
      fusedActivationFunction: 'NONE',
    },
  } as const;
  return {
    ...model,
    operatorCodes: [...model.operatorCodes, { builtin, version: source.type === 'INT8' ? 2 : 1 }],
    subgraphs: [
      {
        ...graph,
        tensors: [...graph.tensors, { ...source, name, shape: [1, 1, 1, channels], buffer: 0 }],
        outputs: [...keep, graph.tensors.length],
        operators: [...graph.operators, operator],
      },
    ],
  };
}
