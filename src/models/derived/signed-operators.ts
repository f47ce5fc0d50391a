/** Operators that compute on signed bytes what they compute on unsigned ones, with every value and zero point 128 lower. */

/** The lowest version of each that takes signed bytes: tensorflow/lite/tools/versioning/op_version.cc (2.9). */
export const signedVersions: Readonly<Record<string, number>> = {
  ADD: 2,
  ARG_MAX: 2,
  AVERAGE_POOL_2D: 2,
  BATCH_TO_SPACE_ND: 2,
  CONCATENATION: 2,
  DEPTH_TO_SPACE: 2,
  DEQUANTIZE: 2,
  EXPAND_DIMS: 1,
  HARD_SWISH: 1,
  L2_NORMALIZATION: 2,
  LEAKY_RELU: 2,
  LOGISTIC: 2,
  MAXIMUM: 2,
  MAX_POOL_2D: 2,
  MEAN: 2,
  MINIMUM: 2,
  MIRROR_PAD: 2,
  MUL: 2,
  PACK: 2,
  PAD: 2,
  PADV2: 2,
  QUANTIZE: 1,
  RELU: 2,
  RELU6: 2,
  RELU_N1_TO_1: 1,
  RESHAPE: 1,
  RESIZE_BILINEAR: 2,
  RESIZE_NEAREST_NEIGHBOR: 2,
  SLICE: 2,
  SOFTMAX: 2,
  SPACE_TO_BATCH_ND: 2,
  SPACE_TO_DEPTH: 2,
  SPLIT: 2,
  SPLIT_V: 2,
  SQUEEZE: 1,
  STRIDED_SLICE: 2,
  SUB: 2,
  TANH: 2,
  TRANSPOSE: 2,
  UNPACK: 2,
};

/** The same for operators with weights, whose weights and biases have to be written anew. */
export const signedFilterVersions: Readonly<Record<string, number>> = {
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 3,
  FULLY_CONNECTED: 4,
};

/** Scale and signed zero point that the kernels for signed bytes insist on for the output. */
export const fixedOutputs: Readonly<Record<string, { readonly scale: number; readonly zeroPoint: number }>> = {
  LOGISTIC: { scale: 1 / 256, zeroPoint: -128 },
  SOFTMAX: { scale: 1 / 256, zeroPoint: -128 },
  TANH: { scale: 1 / 128, zeroPoint: 0 },
  L2_NORMALIZATION: { scale: 1 / 128, zeroPoint: 0 },
};

/**
 * Whether XNNPACK's kernel for signed bytes can be made for these scales; where it can't, the whole model falls to the built-in
 * kernels. Limits of xnn_create_{add,subtract,multiply,convolution2d,global_average_pooling}_*_q{s,c}8 (XNNPACK of 2022-05).
 * @param inputs scales of the inputs that hold bytes, weights included
 */
export function isWithinKernelLimits(name: string, inputs: readonly number[], output: number): boolean {
  const within = (ratio: number, low: number, high: number): boolean => ratio >= 2 ** low && ratio < 2 ** high;
  if (name === 'ADD' || name === 'SUB') return inputs.every((scale) => within(scale / output, -10, 8));
  if (name === 'MEAN') return inputs.every((scale) => within(scale / output, -8, 8));
  const product = inputs.reduce((result, scale) => result * scale, 1) / output;
  if (name === 'MUL') return within(product, -16, 8);
  return !(name in signedFilterVersions) || within(product, -32, 8);
}
