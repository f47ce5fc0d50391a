/**
 * The layers with weights of a model that goes from unsigned to signed bytes. A weight of more than 127 steps from its zero point becomes
 * the sum of two bytes, whose input the layer gets twice. Usually that is one weight of a layer.
 */
import { absentTensor } from '../tflite-file/check-indices.ts';
import type { GraphWriter } from '../tflite-file/graph-writer.ts';
import type { Operator, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, mainGraph, operatorName, type TfliteModel } from '../tflite-file/tflite-model.ts';
import { formOf, quantizationOf, unsignedMiddle } from './signed-form.ts';
import {
  type Apart,
  addConvolution,
  addFilter,
  apartFrom,
  pick,
  pointwise,
  repeated,
  type Signed,
} from './signed-layers.ts';
import { arranged, type Carried, farChannels, type SignedWeights, signedWeights } from './signed-weights.ts';

export class SignedFilters {
  readonly #model: TfliteModel;
  readonly #tensors: readonly Tensor[];
  readonly #writer: GraphWriter;
  readonly #signedForm: (index: number) => number;
  /** By the number of a convolution's output: writes some of its channels once more, with their exact weights. */
  readonly #again = new Map<number, (channels: readonly number[]) => Signed>();
  /** By the number of a depthwise layer's output. */
  readonly #apart = new Map<number, Apart>();
  /** Channels of weights; those that are split; those that signed bytes hold in coarser steps only. */
  readonly #counts = { channels: 0, split: 0, coarser: 0 };

  /** @param signedForm gives the signed form of a tensor of the model, and writes it where it isn't there yet */
  constructor(model: TfliteModel, writer: GraphWriter, signedForm: (index: number) => number) {
    this.#model = model;
    this.#tensors = mainGraph(model).tensors;
    this.#writer = writer;
    this.#signedForm = signedForm;
  }

  /** What became of the weights, for people. */
  told(): string {
    const { channels, split, coarser } = this.#counts;
    const exact = `all ${channels} channels of weights mean what they did`;
    const some = `${channels - coarser} of ${channels} channels of weights mean what they did, the others were rounded to steps that are coarser by up to two`;
    return `${coarser === 0 ? exact : some}${split === 0 ? '' : `; ${split} as sums of two bytes`}`;
  }

  input({ inputs: [input] }: Operator): Signed {
    return { ...this.#described(input!), index: this.#signedForm(input!) };
  }

  /** @param input with the channels last. @returns the inputs of the new convolution */
  convolution(input: Signed, operator: Operator): number[] {
    const { name = '', shape: given } = this.#tensors[operator.inputs[1]!]!;
    const [out = 0, height = 1, width = 1] = given.length === 4 ? given : [given[0]];
    const far = this.#farInputs(operator);
    const whole = this.#weights(operator, 0, far !== undefined);
    this.#count(whole);
    const written = (from: Signed, { data, ...weights }: Omit<SignedWeights, 'data'> & { data: Int8Array }) => [
      from.index,
      ...addFilter(this.#writer, {
        ...weights,
        data,
        name,
        shape: [out, height, width, data.length / (out * height * width)],
        inputScale: input.scale,
        channelDimension: 0,
      }),
    ];
    const channels = input.shape.at(-1)!;
    // A grouped convolution.
    if (given.at(-1) !== channels) return written(input, { ...whole, data: Int8Array.from(whole.data) });
    const apart = this.#apart.get(operator.inputs[0]!);
    const make = () => {
      const { input: from, carried } = repeated(this.#writer, input, apart, far ?? []);
      return { from, filter: { ...whole, data: arranged(whole.data, channels, carried) } };
    };
    if (this.#isLeftToDepthwise(operator)) {
      // The few exact channels are wanted apart only: the many others need no input twice.
      this.#again.set(operator.outputs[0]!, (wanted) => this.#some(operator, make(), wanted));
      const rounded = this.#weights(operator, 0, false);
      return written(input, { ...rounded, data: Int8Array.from(rounded.data) });
    }
    const made = make();
    if (isPointwise(given)) this.#again.set(operator.outputs[0]!, (wanted) => this.#some(operator, made, wanted));
    return written(made.from, made.filter);
  }

  /** Channels with weights of more than a byte are computed a second time, apart. @returns the inputs of the new layer */
  depthwise(operator: Operator): number[] {
    const { inputs, outputs, builtinOptions: options } = operator;
    const { name = '', shape } = this.#tensors[inputs[1]!]!;
    const input = this.input(operator);
    const wanted = this.#wantedApart(operator);
    const weights = this.#weights(operator, 3, false);
    if (wanted.length > 0 && options?.table === 'DepthwiseConv2DOptions') {
      const { depthMultiplier: _, table: __, ...same } = options;
      const whole = this.#weights(operator, 3, true);
      const twice = wanted.flatMap(({ channel }) => [channel, channel]);
      const from = this.#again.get(inputs[0]!)?.(twice) ?? pick(this.#writer, input, twice);
      const output = { ...this.#described(outputs[0]!), index: absentTensor };
      const layer = { ...whole, name, shape, output, options: { ...pointwise, ...same } };
      this.#apart.set(outputs[0]!, apartFrom(this.#writer, from, wanted, layer));
      this.#count(whole);
    } else this.#count(weights);
    const data = Int8Array.from(weights.data);
    const filter = { ...weights, name, shape, data, inputScale: input.scale, channelDimension: 3 };
    return [input.index, ...addFilter(this.#writer, filter)];
  }

  /** Some channels of a convolution's output, from weights that are written for all. */
  #some(
    { inputs, outputs, builtinOptions: options }: Operator,
    {
      from,
      filter: { data, scales, bias },
    }: { from: Signed; filter: Omit<SignedWeights, 'data'> & { data: Int8Array } },
    wanted: readonly number[],
  ): Signed {
    const { name = '', shape: given } = this.#tensors[inputs[1]!]!;
    const row = data.length / scales.length;
    const whole = this.#described(outputs[0]!);
    const output = { ...whole, name: `${whole.name}/again`, shape: [...whole.shape.slice(0, -1), wanted.length] };
    const filter = {
      name: `${name}/again`,
      shape: [wanted.length, given[1]!, given[2]!, from.shape.at(-1)!],
      data: Int8Array.from(wanted.flatMap((channel) => [...data.subarray(channel * row, (channel + 1) * row)])),
      scales: wanted.map((channel) => scales[channel]!),
      bias: Int32Array.from(wanted, (channel) => bias[channel]!),
    };
    const same = options?.table === 'Conv2DOptions' ? options : pointwise;
    return { ...output, index: addConvolution(this.#writer, from, filter, output, same) };
  }

  /**
   * Input channels that a convolution needs twice, since a weight of theirs is a sum of two bytes. Undefined where nothing is split: for
   * more than one channel in four, which would make the layer noticeably slower, and for grouped convolutions.
   */
  #farInputs({ inputs }: Operator): number[] | undefined {
    const filter = this.#tensors[inputs[1]!]!;
    const size = filter.shape.at(-1)!;
    if (filter.shape.length === 4 && this.#tensors[inputs[0]!]!.shape.at(-1) !== size) return undefined;
    const far = this.#far(filter, filter.shape.length - 1);
    return far.length <= Math.max(1, size / 4) ? far : undefined;
  }

  /** Whether all channels of a convolution that have such weights are computed again for the depthwise layers behind it. */
  #isLeftToDepthwise(operator: Operator): boolean {
    if ((this.#farInputs(operator)?.length ?? 0) === 0 || !this.#isAlone(operator)) return false;
    const readers = this.#readers(operator.outputs[0]!, 'DEPTHWISE_CONV_2D');
    return readers?.every((reader) => this.#wantedApart(reader).length > 0) ?? false;
  }

  /**
   * Channels of a depthwise layer to be computed apart: those that have weights of more than a byte, or whose input has, and those that
   * the convolutions behind it need twice. None where something else than convolutions is behind it, or where they are too many.
   */
  #wantedApart({ inputs: [input, weights], outputs: [output], builtinOptions: options }: Operator): Carried[] {
    const filter = this.#tensors[weights!]!;
    const size = this.#tensors[input!]!.shape.at(-1)!;
    const readers = this.#readers(output!, 'CONV_2D');
    if (options?.table !== 'DepthwiseConv2DOptions' || filter.shape.at(-1) !== size || readers === undefined) return [];
    const before = mainGraph(this.#model).operators.find(({ outputs }) => outputs.includes(input!));
    const isConvolution = before !== undefined && operatorName(this.#model, before) === 'CONV_2D';
    const left =
      isConvolution && formOf(this.#model, before) === 'filter' && this.#farInputs(before) !== undefined
        ? this.#far(this.#tensors[before.inputs[1]!]!, 0)
        : [];
    const own = [...new Set([...this.#far(filter, 3), ...(this.#isAlone(before) ? left : [])])];
    const theirs = new Set(readers.flatMap((reader) => this.#farInputs(reader) ?? []));
    const wanted: Carried[] = [
      ...own.map((channel) => ({ channel, time: 0 }) as const),
      ...[...theirs].map((channel) => ({ channel, time: 1 }) as const),
    ];
    return wanted.length <= Math.max(4, size / 8) ? wanted : [];
  }

  /** Whether a convolution would have its input widened for nothing else than its few far weights, and is cheap to repeat. */
  #isAlone(before: Operator | undefined): boolean {
    return (
      before !== undefined &&
      isPointwise(this.#tensors[before.inputs[1]!]!.shape) &&
      !this.#apart.has(before.inputs[0]!) &&
      this.#readers(before.outputs[0]!, 'DEPTHWISE_CONV_2D') !== undefined
    );
  }

  /** What reads a tensor, if that is nothing else than layers of this kind that are written anew, each over all its channels. */
  #readers(index: number, kind: 'CONV_2D' | 'DEPTHWISE_CONV_2D'): Operator[] | undefined {
    const { operators, outputs } = mainGraph(this.#model);
    const readers = operators.filter(({ inputs }) => inputs.includes(index));
    const channels = this.#tensors[index]!.shape.at(-1);
    const isOne = (reader: Operator): boolean =>
      operatorName(this.#model, reader) === kind &&
      formOf(this.#model, reader) === 'filter' &&
      this.#tensors[reader.inputs[1]!]!.shape.at(-1) === channels;
    return readers.length > 0 && readers.every(isOne) && !outputs.includes(index) ? readers : undefined;
  }

  #far(filter: Tensor, dimension: number): number[] {
    const data = constantBytes(this.#model, filter);
    return farChannels({ data, shape: filter.shape, zeroPoint: quantizationOf(filter).zeroPoint }, dimension);
  }

  #weights({ inputs }: Operator, channelDimension: number, isSplit: boolean): SignedWeights {
    const [, filter, bias = absentTensor] = inputs as [number, number, number?];
    const given = this.#tensors[filter]!;
    return signedWeights({
      data: constantBytes(this.#model, given),
      shape: given.shape,
      ...quantizationOf(given),
      channelDimension,
      bias: bias === absentTensor ? undefined : int32s(constantBytes(this.#model, this.#tensors[bias]!)),
      isSplit,
    });
  }

  #described(index: number): Omit<Signed, 'index'> {
    const { name = '', shape } = this.#tensors[index]!;
    const { scale, zeroPoint } = quantizationOf(this.#tensors[index]!);
    return { name, shape, type: 'INT8', scale, zeroPoint: zeroPoint - unsignedMiddle };
  }

  #count({ scales, coarser, split }: SignedWeights): void {
    this.#counts.channels += scales.length;
    this.#counts.split += split;
    this.#counts.coarser += coarser;
  }
}

/** Of a kernel of several pixels a channel is cheaper to pick from its output than to compute again. */
const isPointwise = (shape: readonly number[]): boolean => shape.length === 4 && shape[1] === 1 && shape[2] === 1;

function int32s(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}
