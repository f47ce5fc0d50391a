/** How a model's weights were quantized, in words: what has to be alike before two models are held against each other. */
import { constantBytes, mainGraph, operatorName, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';

const withWeights = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED']);

/** `int8 per channel`, `uint8 per tensor`, `float`; of several the one that most weights have; `compiled` for the Edge TPU's files. */
export function quantizationForm(model: TfliteModel): string {
  const graph = mainGraph(model);
  const weights = new Map<string, number>();
  for (const operator of graph.operators) {
    const name = operatorName(model, operator);
    const tensor = graph.tensors[operator.inputs[1] ?? -1];
    if (!withWeights.has(name) || tensor === undefined) continue;
    const form =
      tensor.type === 'FLOAT32' || tensor.type === 'FLOAT16'
        ? 'float'
        : `${tensor.type.toLowerCase()} per ${(tensor.quantization?.scale?.length ?? 0) > 1 ? 'channel' : 'tensor'}`;
    weights.set(form, (weights.get(form) ?? 0) + constantBytes(model, tensor).length);
  }
  const [most] = [...weights].toSorted((a, b) => b[1] - a[1]);
  return most?.[0] ?? 'compiled';
}
