/** Weights in int8, symmetric and per channel where the kernel takes that, with their biases in int32. */
import { InputError } from '../../../errors.ts';
import type { Stored } from '../emit-model.ts';
import { type Constant, isConstant, type Node } from '../graph.ts';
import type { Scale } from './scales.ts';

const greatestBias = 2 ** 31 - 1;
/**
 * A channel whose weights are all next to nothing would get a scale so small that its bias overflows int32, or that the factor
 * from sums to outputs falls below what kernels take (2^-32). Its scale is raised so that neither happens; its weights
 * then round to 0, which they are.
 */
const biasRoom = 2 ** 30;
const smallestFactor = 2 ** -28;

export interface StoredWeights {
  readonly filter: Stored;
  readonly bias: Stored;
  /** Channels whose scale had to be raised. */
  readonly raisedChannels: number;
}

export interface WeightSurroundings {
  readonly input: Scale;
  readonly output: Scale;
  /** Average of the input by channel; absent: the bias isn't corrected. */
  readonly inputMeans?: Float64Array | undefined;
}

/**
 * @param node with constant weights and bias
 * @throws InputError when a bias doesn't fit int32
 */
export function quantizeWeights(node: Node, { input, output, inputMeans }: WeightSurroundings): StoredWeights {
  const [, filter, bias] = node.inputs;
  if (!isConstant(filter) || !isConstant(bias)) throw new InputError(`${node.name} has no constant weights and bias.`);
  const dimension = node.kind === 'depthwise' ? 3 : 0;
  const channels = filter.shape[dimension]!;
  const channelOf = channelReader(filter, dimension);
  const largest = largestByChannel(filter, channels, channelOf);
  let raisedChannels = 0;
  let scales = largest.map((weight, channel) => {
    const plain = weight / 127;
    const least = Math.max(
      Math.abs(bias.data[channel]!) / (input.scale * biasRoom),
      (smallestFactor * output.scale) / input.scale,
    );
    if (plain < least) raisedChannels += 1;
    return Math.fround(Math.max(plain, least));
  });
  // The 8-bit kernel of FULLY_CONNECTED (2.9) has one scale for all rows.
  if (node.kind === 'dense') {
    raisedChannels = 0;
    scales = scales.map(() => Math.fround(Math.max(...largest) / 127) || 1);
  }
  const stored = Int8Array.from(filter.data, (weight, at) => {
    const steps = Math.round(weight / scales[channelOf(at)]!);
    return Math.min(127, Math.max(-127, steps));
  });
  const corrected = inputMeans === undefined ? bias : correctedBias({ node, filter, bias, stored, scales, inputMeans });
  const isPerTensor = node.kind === 'dense';
  const filterScales = isPerTensor ? scales.slice(0, 1) : scales;
  const biasScales = scales.map((scale) => Math.fround(scale * input.scale));
  return {
    raisedChannels,
    filter: {
      type: 'INT8',
      scale: filterScales,
      zeroPoint: filterScales.map(() => 0),
      dimension: isPerTensor ? 0 : dimension,
      data: new Uint8Array(stored.buffer),
    },
    bias: {
      type: 'INT32',
      scale: isPerTensor ? biasScales.slice(0, 1) : biasScales,
      zeroPoint: (isPerTensor ? biasScales.slice(0, 1) : biasScales).map(() => 0),
      dimension: 0,
      data: new Uint8Array(quantizeBias(node, corrected, biasScales).buffer),
    },
  };
}

interface Rounded {
  readonly node: Node;
  readonly filter: Constant;
  readonly bias: Constant;
  readonly stored: Int8Array;
  readonly scales: readonly number[];
  readonly inputMeans: Float64Array;
}

/**
 * Rounded weights shift the average of a channel: by the roundings times the averages of the input (Nagel et al. 2019, "Data-free
 * quantization through weight equalization and bias correction", section 4.2). The bias takes that back.
 */
function correctedBias({ node, filter, bias, stored, scales, inputMeans }: Rounded): Constant {
  const channelOf = channelReader(filter, node.kind === 'depthwise' ? 3 : 0);
  const inputs = inputMeans.length;
  const multiplier = filter.shape.at(-1)! / inputs;
  const shift = new Float64Array(bias.data.length);
  filter.data.forEach((weight: number, at: number) => {
    const channel = channelOf(at);
    const from = node.kind === 'depthwise' ? Math.floor(channel / multiplier) : at % inputs;
    shift[channel]! += (stored[at]! * scales[channel]! - weight) * inputMeans[from]!;
  });
  return { ...bias, data: Float32Array.from(bias.data, (value, channel) => value - shift[channel]!) };
}

function quantizeBias(node: Node, bias: Constant, scales: readonly number[]): Int32Array {
  return Int32Array.from(bias.data, (value, channel) => {
    const steps = Math.round(value / scales[channel]!);
    // A typed array would wrap it around without a word.
    if (Math.abs(steps) <= greatestBias) return steps;
    throw new InputError(
      `The bias ${value} of ${node.name}, channel ${channel}, is ${steps} steps of ${scales[channel]}: that doesn't fit 32 bits.`,
      { remedy: 'Convert this model in float.' },
    );
  });
}

function channelReader({ data, shape }: Constant, dimension: number): (at: number) => number {
  const channels = shape[dimension]!;
  const each = data.length / channels;
  return dimension === 0 ? (at) => Math.floor(at / each) : (at) => at % channels;
}

function largestByChannel({ data }: Constant, channels: number, channelOf: (at: number) => number): number[] {
  const largest = new Array<number>(channels).fill(0);
  for (let at = 0; at < data.length; at += 1) {
    const channel = channelOf(at);
    largest[channel] = Math.max(largest[channel]!, Math.abs(data[at]!));
  }
  return largest;
}
