/**
 * Weights of unsigned bytes with one zero point -> signed bytes around zero with a scale for each output channel, which is what
 * XNNPACK's kernels take (tensorflow.org/lite/performance/quantization_spec).
 *
 * A channel whose weights are at most 127 steps from the zero point keeps its scale and loses nothing. A weight further out is the sum of
 * two signed bytes, and meets its input twice: that loses nothing either. Where that isn't possible the channel takes the smallest
 * scale that holds its largest weight, so each of its weights moves by at most half a step of that scale.
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
  /** Whether weights of more than 127 steps stay as they are, for whoever splits them. */
  readonly isSplit: boolean;
}

export interface SignedWeights {
  /** -127..127, or -254..254 where they are to be split. */
  readonly data: Int16Array;
  readonly scales: readonly number[];
  readonly bias: Int32Array;
  /** How many output channels were rounded to a coarser scale. */
  readonly coarser: number;
  /** How many hold a weight that is to be split. */
  readonly split: number;
}

/** Steps that a signed byte has on each side of zero. */
export const steps = 127;

export function signedWeights(weights: UnsignedWeights): SignedWeights {
  const { data, shape, scale, zeroPoint, channelDimension, bias, isSplit } = weights;
  const channels = shape[channelDimension]!;
  const most = isSplit ? 2 * steps : steps;
  // Weights of one channel that lie side by side.
  const run = shape.slice(channelDimension + 1).reduce((product, size) => product * size, 1);
  const furthest = new Float64Array(channels);
  for (let at = 0, channel = 0; at < data.length; at += run, channel = (channel + 1) % channels) {
    for (let place = at; place < at + run; place++) {
      furthest[channel] = Math.max(furthest[channel]!, Math.abs(data[place]! - zeroPoint));
    }
  }
  // Never below 1: finer steps would hold nothing that the file knows.
  const factors = furthest.map((one) => (one <= most ? 1 : one / steps));
  const signed = new Int16Array(data.length);
  for (let at = 0, channel = 0; at < data.length; at += run, channel = (channel + 1) % channels) {
    const factor = factors[channel]!;
    for (let place = at; place < at + run; place++) signed[place] = Math.round((data[place]! - zeroPoint) / factor);
  }
  return {
    data: signed,
    scales: Array.from(factors, (factor) => Math.fround(scale * factor)),
    bias: Int32Array.from(factors, (factor, channel) => Math.round((bias?.[channel] ?? 0) / factor)),
    coarser: factors.filter((factor) => factor > 1).length,
    split: furthest.filter((one) => one > steps && one <= most).length,
  };
}

/** Places along one dimension, sorted, that hold a weight of more than 127 steps from the zero point. */
export function farChannels(
  { data, shape, zeroPoint }: Pick<UnsignedWeights, 'data' | 'shape' | 'zeroPoint'>,
  dimension: number,
): number[] {
  const run = shape.slice(dimension + 1).reduce((product, size) => product * size, 1);
  const far = new Set<number>();
  for (let at = 0; at < data.length; at++) {
    if (Math.abs(data[at]! - zeroPoint) > steps) far.add(Math.floor(at / run) % shape[dimension]!);
  }
  return [...far].sort((one, other) => one - other);
}

/** What one input channel of a rewritten layer carries: a channel of the old input, for the first or the second time. */
export interface Carried {
  readonly channel: number;
  readonly time: 0 | 1;
}

/**
 * The weights of a convolution over an input whose channels are arranged anew: its last dimension follows `input`.
 * @param data row-major, with old channels last
 * @param input undefined: a channel that nothing is read from
 */
export function arranged(data: Int16Array, channels: number, input: readonly (Carried | undefined)[]): Int8Array {
  const made = new Int8Array((data.length / channels) * input.length);
  for (let row = 0, to = 0; row < data.length; row += channels) {
    for (const carried of input) {
      const weight = carried === undefined ? 0 : data[row + carried.channel]!;
      const first = Math.max(-steps, Math.min(steps, weight));
      made[to++] = carried?.time === 1 ? weight - first : first;
    }
  }
  return made;
}
