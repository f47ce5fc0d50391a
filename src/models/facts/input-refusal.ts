/** Why goby can't feed a model: its inputs are no single picture, or lie in memory in another way. */
import type { Tensor } from '../tflite-file/schema.ts';
import type { GraphWalk } from './graph-walk.ts';

const takenTypes: readonly Tensor['type'][] = ['FLOAT32', 'UINT8', 'INT8'];

/**
 * The end of a sentence that starts with the model; undefined when it takes one picture.
 * @param fedBack positions of inputs that outputs are fed back to
 */
export function inputRefusal(walk: GraphWalk, fedBack: readonly number[]): string | undefined {
  const given = walk.graph.inputs.filter((_, position) => !fedBack.includes(position));
  const [index] = given;
  if (index === undefined) return 'it has no input';
  const { shape, type } = walk.tensor(index);
  const told = `${type.toLowerCase()} [${shape.join(', ')}]`;
  if (shape.length !== 4) {
    if (type === 'INT32' || type === 'INT64' || type === 'STRING')
      return `it takes ${told}, which is text or numbers, not a picture`;
    const samples = shape.reduce((product, extent) => product * extent, 1);
    return `it takes ${told}, ${samples > 4000 ? 'which is sound or another series of numbers' : 'a row of numbers'}, not a picture`;
  }
  const [batch, second = 0, third = 0, last = 0] = shape;
  const isChannels = (extent: number): boolean => extent === 1 || extent === 3;
  if (!isChannels(last)) {
    return isChannels(second)
      ? `it takes the channels of a picture first (NCHW, [${shape.join(', ')}]), as PyTorch has them, and goby gives them last (NHWC)`
      : `it takes ${told}: ${last} channels, and a picture has 1 or 3`;
  }
  // A strip is none either: sound, or its spectrum over time in one row.
  if (batch === 1 && Math.min(second, third) === 1 && Math.max(second, third) > 1) {
    return `it takes ${told}, which is sound or another series of numbers, not a picture`;
  }
  if (batch !== 1) return `it takes ${batch} pictures at a time`;
  if (!takenTypes.includes(type)) return `it takes ${told}; goby gives uint8, int8 or float32`;
  if (given.length > 1) return `it has ${given.length} inputs, and goby gives it one picture`;
  return undefined;
}

/** What helps for a model that can't be fed, as a sentence of its own. */
export function inputRemedy(walk: GraphWalk, fedBack: readonly number[]): string {
  const given = walk.graph.inputs.filter((_, position) => !fedBack.includes(position));
  const shape = given[0] === undefined ? [] : walk.tensor(given[0]).shape;
  if (shape.length === 4 && ![1, 3].includes(shape[3]!) && [1, 3].includes(shape[1]!)) {
    return 'Export it again with the channels last (onnx2tf and Ultralytics do so by themselves).';
  }
  return given.length > 1
    ? 'Where the others hold state from one frame to the next, name them as feedback under models.own.'
    : 'Use a model that takes a picture.';
}
