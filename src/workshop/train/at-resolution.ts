/** The same weights on pictures of another size: convolutions and pooling take any, only the shapes between them change. */
import { InputError } from '../../errors.ts';
import type { Operator, Tensor } from '../../models/tflite-file/schema.ts';
import { mainGraph, operatorName, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';

/**
 * @param extractor a network cut behind its pooling layer: [1, height, width, 3] in, one vector out
 * @throws InputError for a network with another operator than MobileNet's, whose shapes aren't known here
 */
export function atResolution(extractor: TfliteModel, resolutionPx: number, name: string): TfliteModel {
  const graph = mainGraph(extractor);
  const tensors: Tensor[] = graph.tensors.map((tensor) => ({ ...tensor }));
  const shapeOf = (index: number): readonly number[] => tensors[index]!.shape;
  const reshape = (index: number, shape: readonly number[]): void => {
    const { shapeSignature: _, ...rest } = tensors[index]!;
    tensors[index] = { ...rest, shape };
  };
  const [input] = graph.inputs as [number];
  reshape(input, [1, resolutionPx, resolutionPx, shapeOf(input).at(-1)!]);
  const operators = graph.operators.map((operator): Operator => {
    const [from, second] = operator.inputs as [number, number?];
    const [to] = operator.outputs as [number];
    const [, height = 1, width = 1, channels = 1] = shapeOf(from);
    const { builtinOptions: options } = operator;
    const out = shapeOf(to).at(-1)!;
    if (options?.table === 'Conv2DOptions' || options?.table === 'DepthwiseConv2DOptions') {
      const [, kernelHeight = 1, kernelWidth = 1] = shapeOf(second!);
      const side = (size: number, kernel: number, stride: number): number =>
        Math.ceil((options.padding === 'SAME' ? size : size - kernel + 1) / stride);
      reshape(to, [1, side(height, kernelHeight, options.strideH), side(width, kernelWidth, options.strideW), out]);
      return operator;
    }
    if (options?.table === 'Pool2DOptions') {
      reshape(to, [1, 1, 1, channels]);
      const whole = { filterHeight: height, filterWidth: width, strideH: height, strideW: width };
      return { ...operator, builtinOptions: { ...options, ...whole } };
    }
    const kind = operatorName(extractor, operator);
    if (kind === 'MEAN') return operator;
    if (!['ADD', 'QUANTIZE', 'DEQUANTIZE', 'RELU6', 'RELU'].includes(kind)) {
      throw new InputError(`${name} can't take pictures of ${resolutionPx} px: it has ${kind}.`, {
        remedy: 'Take its own resolution.',
      });
    }
    reshape(to, shapeOf(from));
    return operator;
  });
  return { ...extractor, subgraphs: [{ ...graph, tensors, operators }] };
}
