/**
 * Which operators of a model the XNNPACK delegate takes, and whether the model is compiled for the Edge TPU: by rules, without
 * running it. The rules are those of tensorflow/lite/delegates/xnnpack/README.md, with the operators that the delegate of
 * TensorFlow Lite 2.9 names in its messages, and signed 8-bit kernels switched on (QS8) but not unsigned ones.
 */
import { absentTensor } from './check-indices.ts';
import type { Operator, SubGraph, Tensor } from './schema.ts';
import { constantBytes, elementCount, mainGraph, operatorName, type TfliteModel } from './tflite-model.ts';

export interface DelegateCoverage {
  /** By position of the operator: undefined where XNNPACK takes it, else why it stays with the built-in kernels. */
  readonly xnnpack: readonly (string | undefined)[];
  /** True where the Edge TPU compiler has put (part of) the model into its custom operator. */
  readonly compiledForEdgeTpu: boolean;
}

export const edgeTpuOperator = 'edgetpu-custom-op';

/** Taken in 32-bit float. */
const floatOperators = new Set(
  `ABS ADD AVERAGE_POOL_2D CEIL CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU FLOOR
   FULLY_CONNECTED HARD_SWISH LEAKY_RELU LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL NEG PAD PRELU QUANTIZE RELU RELU6
   RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR ROUND SOFTMAX SPLIT SQRT SQUARE SQUARED_DIFFERENCE SUB TRANSPOSE TRANSPOSE_CONV`.split(
    /\s+/,
  ),
);

/** Taken with signed 8-bit data. */
const signedOperators = new Set(
  `ADD CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE ELU FULLY_CONNECTED LEAKY_RELU LOGISTIC MAX_POOL_2D
   MEAN MUL PAD QUANTIZE RESHAPE RESIZE_BILINEAR SPLIT SUB TRANSPOSE TRANSPOSE_CONV`.split(/\s+/),
);

const withFilter = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV']);

/** Looks at the first graph. */
export function delegateCoverage(model: TfliteModel): DelegateCoverage {
  const graph = mainGraph(model);
  return {
    xnnpack: graph.operators.map((operator) => whyNotXnnpack(model, graph, operator)),
    compiledForEdgeTpu: graph.operators.some((operator) => operatorName(model, operator) === edgeTpuOperator),
  };
}

function whyNotXnnpack(model: TfliteModel, graph: SubGraph, operator: Operator): string | undefined {
  const name = operatorName(model, operator);
  if (!floatOperators.has(name)) return 'no such operator in XNNPACK';
  const isConstant = (tensor: Tensor): boolean => constantBytes(model, tensor).length > 0;
  const inputs = operator.inputs.filter((index) => index !== absentTensor).map((index) => graph.tensors[index]!);
  const halfWeights = name === 'DEQUANTIZE' && inputs[0]?.type === 'FLOAT16' && isConstant(inputs[0]);
  if (halfWeights) return undefined;
  const flowing = [
    ...inputs.filter((tensor) => !isConstant(tensor)),
    ...operator.outputs.map((at) => graph.tensors[at]!),
  ];
  const types = new Set(flowing.map(({ type }) => type));
  if (types.has('UINT8') && name !== 'QUANTIZE' && name !== 'DEQUANTIZE') return 'unsigned 8-bit data';
  const odd = [...types].find((type) => !['FLOAT32', 'INT8', 'UINT8'].includes(type));
  if (odd !== undefined) return `${odd.toLowerCase()} data`;
  if (types.has('UINT8')) return 'unsigned 8-bit data';
  if (types.has('INT8') && !signedOperators.has(name)) return 'not for signed 8-bit data';
  if (withFilter.has(name)) return whyNotFilter(name, inputs, isConstant, producedByDequantize(model, graph));
  return whyNotOptions(name, operator, inputs);
}

/** Float16 weights reach their operator through DEQUANTIZE, which the delegate runs once. */
function producedByDequantize(model: TfliteModel, graph: SubGraph): ReadonlySet<Tensor> {
  const dequantizing = graph.operators.filter((operator) => operatorName(model, operator) === 'DEQUANTIZE');
  return new Set(dequantizing.flatMap(({ outputs }) => outputs.map((index) => graph.tensors[index]!)));
}

function whyNotFilter(
  name: string,
  inputs: readonly Tensor[],
  isConstant: (tensor: Tensor) => boolean,
  dequantized: ReadonlySet<Tensor>,
): string | undefined {
  const filter = inputs[1];
  const bias = name === 'TRANSPOSE_CONV' ? inputs[3] : inputs[2];
  const fixed = (tensor: Tensor | undefined): boolean =>
    tensor !== undefined && (isConstant(tensor) || dequantized.has(tensor));
  if (!fixed(filter)) return 'weights are not constant';
  if (bias === undefined) return name.startsWith('CONV') || name.startsWith('DEPTHWISE') ? 'no bias' : undefined;
  return fixed(bias) ? undefined : 'bias is not constant';
}

function whyNotOptions(name: string, operator: Operator, inputs: readonly Tensor[]): string | undefined {
  const options = operator.builtinOptions;
  if (options !== undefined && 'fusedActivationFunction' in options) {
    if (['TANH', 'SIGN_BIT'].includes(options.fusedActivationFunction))
      return `fused ${options.fusedActivationFunction}`;
  }
  if (options?.table === 'SoftmaxOptions' && options.beta !== 1) return `beta is ${options.beta}`;
  if (options?.table === 'ReducerOptions' && name === 'MEAN') {
    if (!options.keepDims) return 'drops the dimensions it averages';
    if (inputs[0]?.shape.length !== 4) return 'not a picture of 4 dimensions';
  }
  if (options?.table === 'Pool2DOptions') {
    const single = options.filterHeight * options.filterWidth === 1;
    if (single && options.strideH * options.strideW !== 1) return '1x1 pooling with a stride';
  }
  if (name === 'CONCATENATION' && (operator.inputs.length < 2 || operator.inputs.length > 4)) {
    return `${operator.inputs.length} inputs, and 2 to 4 are taken`;
  }
  return inputs.some(({ shape }) => elementCount(shape) === 0) ? 'an empty input' : undefined;
}
