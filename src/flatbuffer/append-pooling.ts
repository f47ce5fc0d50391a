/** Puts an average over the whole picture behind a feature map, so that a backbone without one can be retrained. */
import { plainOperator } from './plain-operator.ts';
import { mainGraph, type TfliteModel } from './tflite-model.ts';

/** @param model with one output, [1, height, width, channels]; the pooled one keeps its type and scale */
export function appendPooling(model: TfliteModel): TfliteModel {
  const graph = mainGraph(model);
  const map = graph.tensors[graph.outputs[0]!]!;
  const [, height = 1, width = 1, channels = 1] = map.shape;
  const pooled = { ...map, name: 'pooled', shape: [1, 1, 1, channels], buffer: 0 };
  return {
    ...model,
    operatorCodes: [...model.operatorCodes, { builtin: 'AVERAGE_POOL_2D', version: map.type === 'INT8' ? 2 : 1 }],
    subgraphs: [
      {
        ...graph,
        tensors: [...graph.tensors, pooled],
        outputs: [graph.tensors.length],
        operators: [
          ...graph.operators,
          {
            ...plainOperator,
            opcodeIndex: model.operatorCodes.length,
            inputs: [graph.outputs[0]!],
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
          },
        ],
      },
    ],
  };
}
