/** Writes layers with weights in signed bytes, and the small ones around them that carry weights of more than a byte. */
import type { GraphWriter, NewTensor } from '../tflite-file/graph-writer.ts';
import type { BuiltinOptions } from '../tflite-file/schema.ts';
import { signedFilterVersions } from './signed-operators.ts';
import { type Carried, steps } from './signed-weights.ts';

/** A tensor of signed bytes that is written already. */
export interface Signed extends NewTensor {
  readonly index: number;
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface Filter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Int8Array;
  /** Of each output channel. */
  readonly scales: readonly number[];
  readonly bias: Int32Array;
  readonly inputScale: number;
  readonly channelDimension: number;
}

type ConvolutionOptions = Extract<BuiltinOptions, { table: 'Conv2DOptions' }>;

/** One pixel on one pixel. */
export const pointwise: ConvolutionOptions = {
  table: 'Conv2DOptions',
  padding: 'VALID',
  strideW: 1,
  strideH: 1,
  dilationWFactor: 1,
  dilationHFactor: 1,
  fusedActivationFunction: 'NONE',
  quantizedBiasType: 'FLOAT32',
};

/** @returns the numbers of weights and bias */
export function addFilter(writer: GraphWriter, filter: Filter): [number, number] {
  const { name, shape, data, scales, bias, inputScale, channelDimension } = filter;
  const common = { isVariable: false, hasRank: false } as const;
  const zeroPoint = scales.map(() => 0);
  return [
    writer.copy({
      ...common,
      name,
      shape: [...shape],
      type: 'INT8',
      buffer: writer.buffer(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      quantization: { scale: [...scales], zeroPoint, quantizedDimension: channelDimension },
    }),
    writer.copy({
      ...common,
      name: `${name}/bias`,
      shape: [bias.length],
      type: 'INT32',
      buffer: writer.buffer(new Uint8Array(bias.buffer, bias.byteOffset, bias.byteLength)),
      quantization: { scale: scales.map((one) => Math.fround(one * inputScale)), zeroPoint, quantizedDimension: 0 },
    }),
  ];
}

/** @returns the output's number */
export function addConvolution(
  writer: GraphWriter,
  input: Signed,
  filter: Omit<Filter, 'inputScale' | 'channelDimension'>,
  output: NewTensor,
  options: ConvolutionOptions,
): number {
  const weights = addFilter(writer, { ...filter, inputScale: input.scale, channelDimension: 0 });
  return writer.add('CONV_2D', signedFilterVersions['CONV_2D']!, [input.index, ...weights], output, options);
}

/** Channels of a tensor, in this order, as they are: sums of one product with 1, at the scale they came with. */
export function pick(writer: GraphWriter, from: Signed, channels: readonly number[]): Signed {
  const size = from.shape.at(-1)!;
  const data = new Int8Array(channels.length * size);
  for (const [at, channel] of channels.entries()) data[at * size + channel] = 1;
  const name = `${from.name}/again${from.index}`;
  const picked = { ...from, name, shape: [...from.shape.slice(0, -1), channels.length] };
  const filter = {
    name: `${name}/weights`,
    shape: [channels.length, 1, 1, size],
    data,
    scales: channels.map(() => 1),
    bias: new Int32Array(channels.length),
  };
  return { ...picked, index: addConvolution(writer, from, filter, picked, pointwise) };
}

/** Tensors of one scale side by side in their last dimension. */
export function sideBySide(writer: GraphWriter, parts: readonly Signed[]): Signed {
  const [first] = parts as [Signed];
  if (parts.length === 1) return first;
  const channels = parts.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
  const whole = {
    ...first,
    name: `${first.name}/with${parts.at(-1)!.index}`,
    shape: [...first.shape.slice(0, -1), channels],
  };
  const index = writer.add(
    'CONCATENATION',
    2,
    parts.map((part) => part.index),
    whole,
    {
      table: 'ConcatenationOptions',
      axis: first.shape.length - 1,
      fusedActivationFunction: 'NONE',
    },
  );
  return { ...whole, index };
}

/** Channels of a depthwise layer's output that were computed apart, for the convolutions that read it. */
export interface Apart {
  readonly values: Signed;
  /** One for each channel of `values`. */
  readonly carried: readonly Carried[];
}

/** Up to so many channels, one small convolution is quicker than two tensors put side by side. */
const fewChannels = 32;

/**
 * The input of a convolution whose weights for some channels are sums of two bytes: those channels come twice.
 * @param apart channels to be read there instead of in `from`
 * @returns the new input, and what its channels carry
 */
export function repeated(
  writer: GraphWriter,
  from: Signed,
  apart: Apart | undefined,
  twice: readonly number[],
): { input: Signed; carried: (Carried | undefined)[] } {
  const wanted = apart?.carried.map((one) => (one.time === 0 || twice.includes(one.channel) ? one : undefined)) ?? [];
  const has = (channel: number, time: 0 | 1): boolean =>
    wanted.some((one) => one?.channel === channel && one.time === time);
  const all = Array.from({ length: from.shape.at(-1)! }, (_, channel) => channel);
  const here = twice.filter((channel) => !has(channel, 1));
  const carried = [
    ...all.map((channel) => (has(channel, 0) ? undefined : ({ channel, time: 0 } as const))),
    ...wanted,
    ...here.map((channel) => ({ channel, time: 1 }) as const),
  ];
  if (apart === undefined && here.length > 0 && all.length <= fewChannels) {
    return { input: pick(writer, from, [...all, ...here]), carried };
  }
  const parts = [from, ...(apart === undefined ? [] : [apart.values])];
  const input = sideBySide(writer, here.length === 0 ? parts : [...parts, pick(writer, from, here)]);
  return { input, carried };
}

/** A depthwise layer: weights [1, height, width, channels]. */
export interface Depthwise {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Int16Array;
  readonly scales: readonly number[];
  readonly bias: Int32Array;
  /** Of the whole layer. */
  readonly output: Signed;
  readonly options: ConvolutionOptions;
}

/**
 * Some channels of a depthwise layer as a convolution over each of them twice, so that its weights may be sums of two bytes.
 * @param from every wanted channel of the input twice, one pair after the other
 */
export function apartFrom(
  writer: GraphWriter,
  from: Signed,
  wanted: readonly Carried[],
  { name, shape, data, scales, bias, output, options }: Depthwise,
): Apart {
  const [, height = 0, width = 0, channels = 0] = shape;
  const count = wanted.length;
  const weights = new Int8Array(count * height * width * 2 * count);
  for (const [at, { channel }] of wanted.entries()) {
    for (let place = 0; place < height * width; place++) {
      const weight = data[place * channels + channel]!;
      const first = Math.max(-steps, Math.min(steps, weight));
      weights.set([first, weight - first], (at * height * width + place) * 2 * count + 2 * at);
    }
  }
  const filter = {
    name: `${name}/apart`,
    shape: [count, height, width, 2 * count],
    data: weights,
    scales: wanted.map(({ channel }) => scales[channel]!),
    bias: Int32Array.from(wanted, ({ channel }) => bias[channel]!),
  };
  const values = { ...output, name: `${output.name}/apart`, shape: [...output.shape.slice(0, -1), count] };
  return {
    values: { ...values, index: addConvolution(writer, from, filter, values, options) },
    carried: wanted,
  };
}
