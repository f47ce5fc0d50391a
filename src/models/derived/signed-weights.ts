/**
 * Weights of unsigned bytes with one zero point -> signed bytes around zero with a scale for each output channel, which is what
 * XNNPACK's kernels take (tensorflow.org/lite/performance/quantization_spec).
 *
 * A channel whose weights are at most 127 steps from the zero point keeps its scale and loses nothing. Another takes the
 * smallest scale that holds its largest weight, so each of its weights moves by at most half a step of that scale.
 */

export interface UnsignedWeights {
  /** Row-major. */
  readonly data: Uint8Array;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  /** The dimension of `shape` that counts output channels. */
  readonly channelDimension: number;
  /** int32 in steps of scale * inputScale; absent: zeros. */
  readonly bias: Int32Array | undefined;
}

export interface SignedWeights {
  readonly data: Int8Array;
  readonly scales: readonly number[];
  readonly bias: Int32Array;
}

/** Steps that a signed byte has on each side of zero. */
const steps = 127;

export function signedWeights(weights: UnsignedWeights): SignedWeights {
  const { data, shape, scale, zeroPoint, channelDimension, bias } = weights;
  const channels = shape[channelDimension]!;
  // Weights of one channel that lie side by side.
  const run = shape.slice(channelDimension + 1).reduce((product, size) => product * size, 1);
  const furthest = new Float64Array(channels);
  for (let at = 0, channel = 0; at < data.length; at += run, channel = (channel + 1) % channels) {
    for (let place = at; place < at + run; place++) {
      furthest[channel] = Math.max(furthest[channel]!, Math.abs(data[place]! - zeroPoint));
    }
  }
  // Never below 1: finer steps would hold nothing that the file knows.
  const coarser = furthest.map((most) => Math.max(1, most / steps));
  const signed = new Int8Array(data.length);
  for (let at = 0, channel = 0; at < data.length; at += run, channel = (channel + 1) % channels) {
    const factor = coarser[channel]!;
    for (let place = at; place < at + run; place++) signed[place] = Math.round((data[place]! - zeroPoint) / factor);
  }
  return {
    data: signed,
    scales: Array.from(coarser, (factor) => Math.fround(scale * factor)),
    bias: Int32Array.from(coarser, (factor, channel) => Math.round((bias?.[channel] ?? 0) / factor)),
  };
}
