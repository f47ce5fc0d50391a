/** Adds tensors, constants and operators to the graph of a model. Old tensors keep their numbers; new ones follow. */
import { plainOperator } from './plain-operator.ts';
import type { BuiltinOptions, Operator, Tensor } from './schema.ts';
import { mainGraph, type OperatorCode, type TfliteModel } from './tflite-model.ts';

/** A tensor to add. Without a scale it isn't quantized. */
export interface NewTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: Tensor['type'];
  readonly scale?: number;
  readonly zeroPoint?: number;
}

export class GraphWriter {
  readonly #base: TfliteModel;
  readonly #codes: OperatorCode[];
  readonly #buffers: Uint8Array[];
  readonly #tensors: Tensor[];
  readonly #operators: Operator[];

  /** @param operators those to start with: all of the model's, unless a new order is to be written */
  constructor(base: TfliteModel, operators: readonly Operator[] = mainGraph(base).operators) {
    this.#base = base;
    this.#codes = [...base.operatorCodes];
    this.#buffers = [...base.buffers];
    this.#tensors = [...mainGraph(base).tensors];
    this.#operators = [...operators];
  }

  /** @returns the tensor's number, as do the other methods that add one */
  tensor(tensor: NewTensor, buffer = 0): number {
    const { name, shape, type, scale, zeroPoint } = tensor;
    const quantization =
      scale === undefined
        ? {}
        : { quantization: { scale: [scale], zeroPoint: [zeroPoint ?? 0], quantizedDimension: 0 } };
    return this.copy({ name, shape: [...shape], type, buffer, isVariable: false, hasRank: false, ...quantization });
  }

  copy(tensor: Tensor): number {
    return this.#tensors.push(tensor) - 1;
  }

  constant(tensor: NewTensor, data: Uint8Array): number {
    return this.tensor(tensor, this.buffer(data));
  }

  /** @returns the buffer's number */
  buffer(data: Uint8Array): number {
    return this.#buffers.push(data) - 1;
  }

  /** Adds an operator with one output. */
  add(
    builtin: OperatorCode['builtin'],
    version: number,
    inputs: readonly number[],
    output: NewTensor,
    builtinOptions?: BuiltinOptions,
  ): number {
    const made = this.tensor(output);
    this.operator(
      { builtin, version },
      {
        ...plainOperator,
        inputs: [...inputs],
        outputs: [made],
        ...(builtinOptions === undefined ? {} : { builtinOptions }),
      },
    );
    return made;
  }

  operator(code: OperatorCode, operator: Omit<Operator, 'opcodeIndex'>): void {
    this.#operators.push({ ...operator, opcodeIndex: this.#codeIndex(code) });
  }

  reshape(input: number, tensor: NewTensor): number {
    const made = this.tensor(tensor);
    this.reshapeInto(input, made, tensor.shape);
    return made;
  }

  /** @param output a tensor that is there already */
  reshapeInto(input: number, output: number, shape: readonly number[]): void {
    const sizes = new Uint8Array(Int32Array.from(shape).buffer);
    const wanted = this.constant({ name: 'shape', shape: [shape.length], type: 'INT32' }, sizes);
    const builtinOptions = { table: 'ReshapeOptions', newShape: [...shape] } as const;
    this.operator(
      { builtin: 'RESHAPE', version: 1 },
      { ...plainOperator, inputs: [input, wanted], outputs: [output], builtinOptions },
    );
  }

  model(outputs: readonly number[]): TfliteModel {
    const graph = mainGraph(this.#base);
    return {
      ...this.#base,
      operatorCodes: this.#codes,
      buffers: this.#buffers,
      subgraphs: [
        { ...graph, tensors: this.#tensors, operators: this.#operators, outputs: [...outputs] },
        ...this.#base.subgraphs.slice(1),
      ],
    };
  }

  #codeIndex(wanted: OperatorCode): number {
    const found = this.#codes.findIndex(
      ({ builtin, version, customCode }) =>
        builtin === wanted.builtin && version === wanted.version && customCode === wanted.customCode,
    );
    return found < 0 ? this.#codes.push(wanted) - 1 : found;
  }
}
