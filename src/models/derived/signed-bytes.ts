/**
 * Recipe: a model on unsigned bytes, as quantization-aware training of TensorFlow 1 wrote it, becomes one on signed bytes.
 *
 * The delegate in TensorFlow Lite 2.9 offers XNNPACK operators on unsigned bytes, but the XNNPACK inside was built without
 * them: xnn_define_convolution_2d takes the types fp32 and qint8 only, so the first node of every part fails, and the whole
 * model falls to the built-in kernels. Signed bytes mean the same with value and zero point 128 lower. Weights lie around
 * zero then, and the few that don't fit are split (signed-weights.ts): on the same kernels the new file gives the bytes of the
 * old one. What has no signed form stays as it is, between two QUANTIZE that add or subtract 128. Inputs and outputs of the
 * model stay unsigned.
 */
import { absentTensor } from '../tflite-file/check-indices.ts';
import { withoutUnused } from '../tflite-file/cut-graph.ts';
import { GraphWriter } from '../tflite-file/graph-writer.ts';
import { plainOperator } from '../tflite-file/plain-operator.ts';
import type { Operator, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, elementCount, mainGraph, type TfliteModel } from '../tflite-file/tflite-model.ts';
import type { Recipe } from './recipe.ts';
import { SignedFilters } from './signed-filters.ts';
import { formOf, quantizationOf, unsignedMiddle } from './signed-form.ts';
import { pointwise } from './signed-layers.ts';
import { signedFilterVersions, signedVersions } from './signed-operators.ts';

export const signedBytes: Recipe = {
  name: 'signed-bytes',
  version: 2,
  purpose: 'models on unsigned bytes run on XNNPACK, several times faster',
  apply: (model) => {
    if (model.subgraphs.length !== 1) return { reason: `it has ${model.subgraphs.length} graphs` };
    const { operators } = mainGraph(model);
    const forms = operators.map((operator) => formOf(model, operator));
    if (!forms.includes('filter')) return { reason: 'it has no layer with weights in unsigned bytes' };
    const graph = new SignedGraph(model);
    const signed = graph.write();
    const kept = forms.filter((form) => form === 'kept').length;
    return {
      model: signed,
      changes: [
        `${forms.length - kept} of ${forms.length} operators went from unsigned to signed bytes`,
        graph.filters.told(),
      ],
    };
  },
};

class SignedGraph {
  readonly #model: TfliteModel;
  readonly #tensors: readonly Tensor[];
  readonly #writer: GraphWriter;
  readonly filters: SignedFilters;
  /** Numbers of unsigned tensors -> their signed forms, as far as they are written. */
  readonly #signed = new Map<number, number>();
  /** Unsigned tensors that are written only in their signed form yet. */
  readonly #owed = new Set<number>();

  constructor(model: TfliteModel) {
    this.#model = model;
    this.#tensors = mainGraph(model).tensors;
    this.#writer = new GraphWriter(model, []);
    this.filters = new SignedFilters(model, this.#writer, (index) => this.#signedForm(index));
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
    const inputs =
      form === 'plain'
        ? this.#plainInputs(name, operator)
        : name === 'CONV_2D'
          ? this.filters.convolution(this.filters.input(operator), operator)
          : this.filters.depthwise(operator);
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
    const [output] = operator.outputs as [number];
    const { builtinOptions } = operator;
    const fused = builtinOptions?.table === 'FullyConnectedOptions' ? builtinOptions.fusedActivationFunction : 'NONE';
    const [channels, size] = this.#tensors[operator.inputs[1]!]!.shape as [number, number];
    const rows = elementCount(this.#tensors[operator.inputs[0]!]!.shape) / size;
    const row = this.#signedForm(operator.inputs[0]!);
    const pixel = this.#signedTensor(operator.inputs[0]!, 'pixel', [rows, 1, 1, size]);
    const inputs = this.filters.convolution({ ...pixel, index: this.#writer.reshape(row, pixel) }, operator);
    const signed = this.#lowered(output);
    this.#owed.add(output);
    const made = this.#writer.add(
      'CONV_2D',
      signedFilterVersions['CONV_2D']!,
      inputs,
      this.#signedTensor(output, 'pixel', [rows, 1, 1, channels]),
      { ...pointwise, fusedActivationFunction: fused },
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
