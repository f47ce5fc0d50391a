/**
 * Recipe: a model on unsigned bytes, as quantization-aware training of TensorFlow 1 wrote it, becomes one on signed bytes.
 *
 * The delegate in TensorFlow Lite 2.9 offers XNNPACK operators on unsigned bytes, but the XNNPACK inside was built without
 * them: xnn_define_convolution_2d takes the types fp32 and qint8 only, so the first node of every part fails, and the whole
 * model falls to the built-in kernels. Signed bytes mean the same with value and zero point 128 lower. Only weights
 * can't be moved exactly: XNNPACK wants them around zero (signed-weights.ts). What has no signed form stays as it is, between
 * two QUANTIZE that add or subtract 128. Inputs and outputs of the model stay unsigned.
 */
import { absentTensor } from '../tflite-file/check-indices.ts';
import { withoutUnused } from '../tflite-file/cut-graph.ts';
import { GraphWriter } from '../tflite-file/graph-writer.ts';
import { plainOperator } from '../tflite-file/plain-operator.ts';
import type { Operator, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, elementCount, mainGraph, operatorName, type TfliteModel } from '../tflite-file/tflite-model.ts';
import type { Recipe } from './recipe.ts';
import { fixedOutputs, isWithinKernelLimits, signedFilterVersions, signedVersions } from './signed-operators.ts';
import { signedWeights } from './signed-weights.ts';

const unsignedMiddle = 128;

export const signedBytes: Recipe = {
  name: 'signed-bytes',
  version: 1,
  purpose: 'models on unsigned bytes run on XNNPACK, several times faster',
  apply: (model) => {
    if (model.subgraphs.length !== 1) return { reason: `it has ${model.subgraphs.length} graphs` };
    const { operators } = mainGraph(model);
    const forms = operators.map((operator) => formOf(model, operator));
    if (!forms.includes('filter')) return { reason: 'it has no layer with weights in unsigned bytes' };
    const graph = new SignedGraph(model);
    const signed = graph.write();
    const { channels, coarser } = graph.rounding;
    const kept = forms.filter((form) => form === 'kept').length;
    return {
      model: signed,
      changes: [
        `${forms.length - kept} of ${forms.length} operators went from unsigned to signed bytes`,
        `${channels - coarser} of ${channels} channels of weights stayed as they were, the others were rounded to steps that are coarser by up to two`,
      ],
    };
  },
};

/** `filter`: signed, with new weights; `plain`: signed, nothing else changes; `kept`: stays on unsigned bytes. */
type Form = 'filter' | 'plain' | 'kept';

function formOf(model: TfliteModel, operator: Operator): Form {
  const { tensors } = mainGraph(model);
  const name = operatorName(model, operator);
  const inputs = operator.inputs.filter((index) => index !== absentTensor).map((index) => tensors[index]!);
  const outputs = operator.outputs.map((index) => tensors[index]!);
  const bytes = [...inputs, ...outputs].filter(({ type }) => type === 'UINT8');
  if (bytes.length === 0 || !bytes.every(isQuantized)) return 'kept';
  const scales = inputs.filter(({ type }) => type === 'UINT8').map((tensor) => quantizationOf(tensor).scale);
  if (!isWithinKernelLimits(name, scales, quantizationOf(outputs[0]!).scale)) return 'kept';
  if (signedFilterVersions[name] !== undefined) {
    const [input, filter, bias] = operator.inputs.map((index) => tensors[index]);
    const isConstant = (tensor: Tensor | undefined): boolean =>
      tensor !== undefined && constantBytes(model, tensor).length > 0;
    const isWhole = input?.type === 'UINT8' && filter?.type === 'UINT8' && outputs[0]?.type === 'UINT8';
    const { builtinOptions: options } = operator;
    if (options?.table === 'FullyConnectedOptions' && options.weightsFormat !== 'DEFAULT') return 'kept';
    const isKnown = isConstant(filter) && (bias === undefined || (bias.type === 'INT32' && isConstant(bias)));
    return isWhole && isKnown ? 'filter' : 'kept';
  }
  if (signedVersions[name] === undefined) return 'kept';
  // A QUANTIZE between an unsigned and a signed tensor already does what this recipe does: it stays.
  if (name === 'QUANTIZE' && [...inputs, ...outputs].some(({ type }) => type === 'INT8')) return 'kept';
  const fixed = fixedOutputs[name];
  const { scale, zeroPoint } = quantizationOf(outputs[0]!);
  return fixed === undefined || (scale === fixed.scale && zeroPoint - unsignedMiddle === fixed.zeroPoint)
    ? 'plain'
    : 'kept';
}

function isQuantized({ quantization }: Tensor): boolean {
  return quantization?.scale?.length === 1 && quantization.zeroPoint?.length === 1;
}

function quantizationOf({ quantization }: Tensor): { scale: number; zeroPoint: number } {
  return { scale: quantization?.scale?.[0] ?? 0, zeroPoint: quantization?.zeroPoint?.[0] ?? 0 };
}

class SignedGraph {
  readonly #model: TfliteModel;
  readonly #tensors: readonly Tensor[];
  readonly #writer: GraphWriter;
  /** Numbers of unsigned tensors -> their signed forms, as far as they are written. */
  readonly #signed = new Map<number, number>();
  /** Channels of weights, and those of them that signed bytes hold in coarser steps only. */
  readonly rounding = { channels: 0, coarser: 0 };
  /** Unsigned tensors that are written only in their signed form yet. */
  readonly #owed = new Set<number>();

  constructor(model: TfliteModel) {
    this.#model = model;
    this.#tensors = mainGraph(model).tensors;
    this.#writer = new GraphWriter(model, []);
  }

  write(): TfliteModel {
    const { operators, outputs } = mainGraph(this.#model);
    for (const operator of operators) {
      const form = formOf(this.#model, operator);
      if (form === 'kept') this.#keep(operator);
      else this.#sign(operator, form);
    }
    for (const output of outputs) this.#unsignedForm(output);
    return withoutUnused(this.#writer.model(outputs));
  }

  #keep(operator: Operator): void {
    for (const input of operator.inputs) this.#unsignedForm(input);
    this.#writer.operator(this.#model.operatorCodes[operator.opcodeIndex]!, operator);
  }

  #sign(operator: Operator, form: 'filter' | 'plain'): void {
    const code = this.#model.operatorCodes[operator.opcodeIndex]!;
    const name = code.builtin;
    if (name === 'FULLY_CONNECTED') {
      this.#dense(operator);
      return;
    }
    const inputs = form === 'filter' ? this.#filterInputs(name, operator) : this.#plainInputs(name, operator);
    const outputs = operator.outputs.map((output) => {
      if (this.#tensors[output]!.type !== 'UINT8') return output;
      this.#owed.add(output);
      return this.#lowered(output);
    });
    const least = signedVersions[name] ?? signedFilterVersions[name]!;
    this.#writer.operator({ ...code, version: Math.max(code.version, least) }, { ...operator, inputs, outputs });
  }

  /**
   * A dense layer has one scale for all channels in this library, and XNNPACK takes no heed of a zero point of its weights. As a
   * convolution over one pixel it has a scale for each channel.
   */
  #dense(operator: Operator): void {
    const [row, filter, bias] = this.#filterInputs('FULLY_CONNECTED', operator) as [number, number, number];
    const [output] = operator.outputs as [number];
    const { builtinOptions } = operator;
    const fused = builtinOptions?.table === 'FullyConnectedOptions' ? builtinOptions.fusedActivationFunction : 'NONE';
    const signed = this.#lowered(output);
    this.#owed.add(output);
    const [channels, size] = this.#tensors[operator.inputs[1]!]!.shape as [number, number];
    const rows = elementCount(this.#tensors[operator.inputs[0]!]!.shape) / size;
    const pixels = this.#writer.reshape(row, this.#signedTensor(operator.inputs[0]!, 'pixel', [rows, 1, 1, size]));
    const made = this.#writer.add(
      'CONV_2D',
      signedFilterVersions['CONV_2D']!,
      [pixels, filter, bias],
      this.#signedTensor(output, 'pixel', [rows, 1, 1, channels]),
      {
        table: 'Conv2DOptions',
        padding: 'VALID',
        strideW: 1,
        strideH: 1,
        dilationWFactor: 1,
        dilationHFactor: 1,
        fusedActivationFunction: fused,
        quantizedBiasType: 'FLOAT32',
      },
    );
    this.#writer.reshapeInto(made, signed, this.#tensors[output]!.shape);
  }

  #signedTensor(index: number, suffix: string, shape: readonly number[]) {
    const { scale, zeroPoint } = quantizationOf(this.#tensors[index]!);
    const name = `${this.#tensors[index]!.name ?? ''}/${suffix}`;
    return { name, shape, type: 'INT8', scale, zeroPoint: zeroPoint - unsignedMiddle } as const;
  }

  #plainInputs(name: string, { inputs, outputs }: Operator): number[] {
    const signed = inputs.map((input) => this.#signedForm(input));
    return name === 'CONCATENATION'
      ? signed.map((input, at) => this.#atScale(input, inputs[at]!, outputs[0]!))
      : signed;
  }

  #filterInputs(name: string, { inputs }: Operator): number[] {
    const [input, filter, bias = absentTensor] = inputs as [number, number, number?];
    const given = this.#tensors[filter]!;
    const { scale, zeroPoint } = quantizationOf(given);
    const data = constantBytes(this.#model, given);
    const isDense = name === 'FULLY_CONNECTED';
    const channelDimension = name === 'DEPTHWISE_CONV_2D' ? 3 : 0;
    const weights = signedWeights({
      data,
      shape: given.shape,
      scale,
      zeroPoint,
      channelDimension,
      bias: bias === absentTensor ? undefined : int32s(constantBytes(this.#model, this.#tensors[bias]!)),
    });
    const { scale: inputScale } = quantizationOf(this.#tensors[input]!);
    const { scales } = weights;
    this.rounding.channels += scales.length;
    this.rounding.coarser += scales.filter((one) => one > Math.fround(scale)).length;
    const newFilter = this.#writer.copy({
      ...given,
      type: 'INT8',
      shape: isDense ? [given.shape[0]!, 1, 1, given.shape[1]!] : given.shape,
      buffer: this.#writer.buffer(new Uint8Array(weights.data.buffer)),
      quantization: {
        scale: scales,
        zeroPoint: scales.map(() => 0),
        quantizedDimension: channelDimension,
      },
    });
    const newBias = this.#writer.copy({
      name: bias === absentTensor ? `${given.name}/bias` : this.#tensors[bias]!.name!,
      shape: [weights.bias.length],
      type: 'INT32',
      buffer: this.#writer.buffer(new Uint8Array(weights.bias.buffer)),
      quantization: {
        scale: scales.map((one) => Math.fround(one * inputScale)),
        zeroPoint: scales.map(() => 0),
        quantizedDimension: 0,
      },
      isVariable: false,
      hasRank: false,
    });
    return [this.#signedForm(input), newFilter, newBias];
  }

  /** The signed form of an unsigned tensor, written now if nothing wrote it yet; any other tensor is itself. */
  #signedForm(index: number): number {
    const tensor = index === absentTensor ? undefined : this.#tensors[index]!;
    if (tensor === undefined || tensor.type !== 'UINT8') return index;
    const known = this.#signed.get(index);
    if (known !== undefined) return known;
    const data = constantBytes(this.#model, tensor);
    const signed = this.#lowered(index, data.length === 0 ? 0 : this.#writer.buffer(data.map((value) => value ^ 0x80)));
    if (data.length === 0) this.#quantize(index, signed);
    return signed;
  }

  /** Sees to it that an unsigned tensor is there as such, under its own number. */
  #unsignedForm(index: number): void {
    if (this.#owed.delete(index)) this.#quantize(this.#signed.get(index)!, index);
  }

  /** Concatenation of signed bytes takes parts of one scale only. */
  #atScale(signed: number, part: number, whole: number): number {
    const wanted = quantizationOf(this.#tensors[whole]!);
    const own = quantizationOf(this.#tensors[part]!);
    if (own.scale === wanted.scale && own.zeroPoint === wanted.zeroPoint) return signed;
    const { name = '', shape } = this.#tensors[part]!;
    const to = this.#writer.tensor({ ...this.#signedTensor(whole, '', shape), name: `${name}/rescaled` });
    this.#quantize(signed, to);
    return to;
  }

  #lowered(index: number, buffer = 0): number {
    const tensor = this.#tensors[index]!;
    const { scale, zeroPoint } = quantizationOf(tensor);
    const quantization = { scale: [scale], zeroPoint: [zeroPoint - unsignedMiddle], quantizedDimension: 0 };
    const signed = this.#writer.copy({ ...tensor, type: 'INT8', buffer, quantization });
    this.#signed.set(index, signed);
    return signed;
  }

  #quantize(from: number, to: number): void {
    this.#writer.operator(
      { builtin: 'QUANTIZE', version: 1 },
      { ...plainOperator, inputs: [from], outputs: [to], builtinOptions: { table: 'QuantizeOptions' } },
    );
  }
}

function int32s(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}
