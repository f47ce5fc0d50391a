/**
 * Recipe: FULLY_CONNECTED on float data with 8-bit weights that have a scale a row (version 12, TensorFlow 2.16 and later) gets the
 * same weights in float. The answers stay; they are even freed of the rounding of the input that the 8-bit kernel does.
 */
import { absentTensor } from '../tflite-file/check-indices.ts';
import type { Tensor } from '../tflite-file/schema.ts';
import { constantBytes, elementCount, mainGraph, type TfliteModel } from '../tflite-file/tflite-model.ts';
import { isHybridPerChannel } from './operator-versions.ts';
import type { Recipe } from './recipe.ts';

/** More would be no model for a Pi. */
const maxFloatBytes = 256 << 20;

export const floatRows: Recipe = {
  name: 'float-rows',
  version: 1,
  purpose: 'dense layers of dynamic-range models of a newer TensorFlow run',
  apply: (model) => {
    if (model.subgraphs.length !== 1) return { reason: 'it has more than one graph' };
    const graph = mainGraph(model);
    const at = (index: number): Tensor | undefined => (index === absentTensor ? undefined : graph.tensors[index]);
    const wanted = new Set(
      graph.operators
        .filter(
          ({ opcodeIndex, inputs, outputs }) =>
            model.operatorCodes[opcodeIndex]!.builtin === 'FULLY_CONNECTED' &&
            isHybridPerChannel(inputs.map(at), outputs.map(at)),
        )
        .map(({ inputs }) => inputs[1]!),
    );
    if (wanted.size === 0) return { reason: 'no FULLY_CONNECTED has a scale a row' };
    const shared = graph.operators.find(
      ({ opcodeIndex, inputs }) =>
        model.operatorCodes[opcodeIndex]!.builtin !== 'FULLY_CONNECTED' && inputs.some((index) => wanted.has(index)),
    );
    if (shared !== undefined) return { reason: 'other operators read the weights too' };
    const buffers = [...model.buffers];
    const tensors = [...graph.tensors];
    for (const index of wanted) {
      const tensor = tensors[index]!;
      const floats = rowsAsFloats(model, tensor);
      if (floats === undefined) return { reason: `the weights ${tensor.name ?? index} are no matrix of constants` };
      const { quantization: _, ...rest } = tensor;
      tensors[index] = { ...rest, type: 'FLOAT32', buffer: buffers.length };
      buffers.push(new Uint8Array(floats.buffer));
    }
    const sizes = [...wanted].map((index) => graph.tensors[index]!.shape.join('x')).join(', ');
    return {
      model: { ...model, buffers: withoutUnused(buffers, tensors, model), subgraphs: [{ ...graph, tensors }] },
      changes: [`8-bit weights of FULLY_CONNECTED (${sizes}) became float`],
    };
  },
};

function rowsAsFloats(model: TfliteModel, tensor: Tensor): Float32Array | undefined {
  const { shape, quantization } = tensor;
  const bytes = constantBytes(model, tensor);
  const { scale = [], zeroPoint = [], quantizedDimension = 0 } = quantization ?? {};
  const [rows = 0, columns = 0] = shape;
  const isMatrix = shape.length === 2 && quantizedDimension === 0 && scale.length === rows;
  if (!isMatrix || bytes.length !== elementCount(shape) || 4 * bytes.length > maxFloatBytes) return undefined;
  const stored = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float32Array.from(stored, (value, at) => {
    const row = Math.floor(at / columns);
    return scale[row]! * (value - (zeroPoint[row] ?? 0));
  });
}

/** The old weights are nobody's any more. Numbers stay, so that nothing else has to change. */
function withoutUnused(
  buffers: readonly Uint8Array[],
  tensors: readonly Tensor[],
  { metadata = [], metadataBuffer = [] }: TfliteModel,
): Uint8Array[] {
  const used = new Set([
    ...tensors.map(({ buffer }) => buffer),
    ...metadata.map(({ buffer }) => buffer),
    ...metadataBuffer,
  ]);
  return buffers.map((bytes, index) => (used.has(index) ? bytes : new Uint8Array()));
}
