/** Puts an average over the whole picture behind the feature map of a backbone that has none. */
import { GraphWriter } from './graph-writer.ts';
import { mainGraph, type TfliteModel } from './tflite-model.ts';

/** @param model with one output, [1, height, width, channels]; the average, [1, 1, 1, channels], keeps its type and scale */
export function appendPooling(model: TfliteModel): TfliteModel {
  const graph = mainGraph(model);
  const map = graph.outputs[0]!;
  const source = graph.tensors[map]!;
  const [, height = 1, width = 1, channels = 1] = source.shape;
  const writer = new GraphWriter(model);
  const { quantization } = source;
  const pooled = writer.add(
    'AVERAGE_POOL_2D',
    source.type === 'INT8' ? 2 : 1,
    [map],
    {
      name: 'pooled',
      shape: [1, 1, 1, channels],
      type: source.type,
      ...(quantization?.scale?.[0] === undefined
        ? {}
        : { scale: quantization.scale[0], zeroPoint: quantization.zeroPoint?.[0] ?? 0 }),
    },
    {
      table: 'Pool2DOptions',
      padding: 'VALID',
      strideW: 1,
      strideH: 1,
      filterWidth: width,
      filterHeight: height,
      fusedActivationFunction: 'NONE',
    },
  );
  return writer.model([pooled]);
}
