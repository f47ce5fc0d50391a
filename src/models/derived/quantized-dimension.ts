/**
 * Recipe: tensors whose scales are said to lie along a dimension that they don't have get the one that fits. Old converters wrote the
 * dimension of a depthwise filter, 3, also for its bias, which has one dimension; TensorFlow Lite 2.9 refuses such a file.
 */
import type { Quantization, Tensor } from '../tflite-file/schema.ts';
import type { Recipe } from './recipe.ts';

export const quantizedDimension: Recipe = {
  name: 'quantized-dimension',
  version: 1,
  purpose: 'scales along a dimension that a tensor has',
  apply: (model) => {
    let mended = 0;
    let misfit: Tensor | undefined;
    const subgraphs = model.subgraphs.map((graph) => ({
      ...graph,
      tensors: graph.tensors.map((tensor) => {
        const { quantization, shape } = tensor;
        if (quantization === undefined || isWithin(quantization, shape)) return tensor;
        const dimension = fittingDimension(quantization, shape);
        if (dimension === undefined) {
          misfit ??= tensor;
          return tensor;
        }
        mended += 1;
        return { ...tensor, quantization: { ...quantization, quantizedDimension: dimension } };
      }),
    }));
    if (misfit !== undefined) {
      return {
        reason: `the scales of ${misfit.name ?? 'a tensor'} [${misfit.shape.join(', ')}] lie along dimension ${misfit.quantization?.quantizedDimension}, and no other fits`,
      };
    }
    return mended === 0
      ? { reason: 'all scales lie along a dimension that there is' }
      : {
          model: { ...model, subgraphs },
          changes: [`scales of ${mended} tensors lie along a dimension that they have`],
        };
  },
};

/** Without scales the dimension says nothing; a scalar has none, and its dimension stands at 0. */
function isWithin({ scale = [], quantizedDimension }: Quantization, { length }: readonly number[]): boolean {
  return scale.length === 0 || (quantizedDimension >= 0 && quantizedDimension < Math.max(1, length));
}

/** One scale fits any dimension; several fit the only one that has as many slices. */
function fittingDimension({ scale = [] }: Quantization, shape: readonly number[]): number | undefined {
  if (scale.length === 1) return 0;
  const fitting = shape.flatMap((extent, dimension) => (extent === scale.length ? [dimension] : []));
  return fitting.length === 1 ? fitting[0] : undefined;
}
