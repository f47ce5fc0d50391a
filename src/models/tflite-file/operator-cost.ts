/** What an operator costs: multiply-accumulates per inference and learned parameters, counted from its shapes. */
import { absentTensor } from './check-indices.ts';
import type { Operator, SubGraph, Tensor } from './schema.ts';
import { constantBytes, elementCount, mainGraph, operatorName, type TfliteModel } from './tflite-model.ts';

export interface OperatorCost {
  /** Position in the graph. */
  readonly index: number;
  readonly name: string;
  /** 0 for operators that only move or compare; additions of biases aren't counted, as papers don't. */
  readonly macs: number;
  /** Weights and biases that this operator is the first to use. */
  readonly parameters: number;
}

export interface ModelCost {
  readonly operators: readonly OperatorCost[];
  readonly macs: number;
  readonly parameters: number;
}

/** Counts the first graph. An operator that is compiled for the Edge TPU hides its cost and counts as 0. */
export function modelCost(model: TfliteModel): ModelCost {
  const graph = mainGraph(model);
  const counted = new Set<number>();
  const operators = graph.operators.map((operator, index) => {
    const name = operatorName(model, operator);
    return {
      index,
      name,
      macs: macsOf(name, operator, graph),
      parameters: parametersOf(model, operator, graph, counted),
    };
  });
  return {
    operators,
    macs: operators.reduce((sum, { macs }) => sum + macs, 0),
    parameters: operators.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

const tensorAt = (graph: SubGraph, index: number | undefined): Tensor | undefined =>
  index === undefined || index === absentTensor ? undefined : graph.tensors[index];

/** Filters: Conv2D [out, h, w, in], depthwise [1, h, w, out], fully connected [out, in], Conv3D [d, h, w, in, out]. */
function macsOf(name: string, operator: Operator, graph: SubGraph): number {
  const filter = tensorAt(graph, operator.inputs[1])?.shape ?? [];
  const outputs = elementCount(tensorAt(graph, operator.outputs[0])?.shape ?? [0]);
  switch (name) {
    case 'CONV_2D':
    case 'FULLY_CONNECTED':
      return outputs * elementCount(filter.slice(1));
    case 'DEPTHWISE_CONV_2D':
      return outputs * elementCount(filter.slice(1, 3));
    case 'CONV_3D':
      return outputs * elementCount(filter.slice(0, 4));
    case 'TRANSPOSE_CONV': {
      // Its inputs are output shape, filter [out, h, w, in], picture: each pixel of the picture meets the whole filter.
      const [batch = 0, height = 0, width = 0] = tensorAt(graph, operator.inputs[2])?.shape ?? [];
      return batch * height * width * elementCount(filter);
    }
    case 'BATCH_MATMUL': {
      const left = tensorAt(graph, operator.inputs[0])?.shape ?? [];
      const options = operator.builtinOptions;
      const transposed = options?.table === 'BatchMatMulOptions' && options.adjX;
      return outputs * (left.at(transposed ? -2 : -1) ?? 0);
    }
    default:
      return 0;
  }
}

/** Operators whose third input is a bias, which is int32 in quantized models. */
const biased = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'CONV_3D']);

/**
 * Constants that training found: all that aren't integers (shapes, axes, paddings), and biases. Constants of custom
 * operators are set-up, such as anchors, and don't count.
 */
function parametersOf(model: TfliteModel, operator: Operator, graph: SubGraph, counted: Set<number>): number {
  const { builtin } = model.operatorCodes[operator.opcodeIndex]!;
  if (builtin === 'CUSTOM') return 0;
  let sum = 0;
  for (const [position, index] of operator.inputs.entries()) {
    const tensor = tensorAt(graph, index);
    if (tensor === undefined || counted.has(index) || constantBytes(model, tensor).length === 0) continue;
    const isBias = position >= 2 && (biased.has(builtin) || builtin === 'TRANSPOSE_CONV');
    if (!isBias && /INT32|INT64|BOOL|STRING/.test(tensor.type)) continue;
    counted.add(index);
    sum += elementCount(tensor.shape);
  }
  return sum;
}
