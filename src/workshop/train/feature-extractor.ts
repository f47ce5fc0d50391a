/** A MobileNet without its classifier: cut at its pooling layer, it gives the average of every feature over a photo. */
import { InputError } from '../../errors.ts';
import { cutGraph } from '../../models/tflite-file/cut-graph.ts';
import type { SubGraph, Tensor } from '../../models/tflite-file/schema.ts';
import { elementCount, mainGraph, operatorName, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';

/** Operators that average a picture of features into one vector. */
const pooling = new Set(['AVERAGE_POOL_2D', 'MEAN']);

/**
 * Cuts behind the last pooling layer that leaves one value per channel.
 * @returns a model with one output, [1, 1, 1, channels] or [1, channels]
 * @throws InputError for a base without such a layer
 */
export function cutAtPooling(model: TfliteModel, name: string): TfliteModel {
  const graph = mainGraph(model);
  const last = graph.operators.findLast(
    (operator) => pooling.has(operatorName(model, operator)) && isVector(graph.tensors[operator.outputs[0]!]!),
  );
  if (last === undefined) {
    const compiled = graph.operators.some((operator) => operatorName(model, operator) === 'edgetpu-custom-op');
    throw new InputError(
      `${name} has no pooling layer to cut at, so it can't be retrained${compiled ? ': it was compiled for the Edge TPU' : ''}.`,
      { remedy: 'Take a MobileNet classifier as the base, such as --architecture mobilenet_v2_1.0_224.' },
    );
  }
  return cutGraph(model, [last.outputs[0]!], name);
}

/** One vector for the whole picture: every dimension but the last is 1. */
function isVector({ shape }: Tensor): boolean {
  return shape.length >= 2 && (shape.at(-1) ?? 0) > 1 && elementCount(shape) === shape.at(-1);
}

/** A model of nothing but the features, which it gives back: a head behind it can be tried on features that are known. */
export function featuresAlone(extractor: TfliteModel): TfliteModel {
  const graph = mainGraph(extractor);
  const tensors = [{ ...featureTensor(graph), buffer: 0 }];
  const places = [0];
  return {
    ...extractor,
    operatorCodes: [],
    buffers: [new Uint8Array()],
    subgraphs: [{ ...graph, tensors, operators: [], inputs: places, outputs: places }],
  };
}

/** The tensor of the features in a cut model. */
export function featureTensor(graph: SubGraph): Tensor {
  return graph.tensors[graph.outputs[0]!]!;
}
