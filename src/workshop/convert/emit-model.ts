/** The converter's graph -> a TensorFlow Lite model, float or quantized as its storage says. */
import { plainOperator } from '../../models/tflite-file/plain-operator.ts';
import type { BuiltinOptions, Operator, Tensor } from '../../models/tflite-file/schema.ts';
import type { OperatorCode, TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import type { Graph, Node, Value } from './graph.ts';
import { emitNode } from './operators/registry.ts';

/** How a value is kept in the file. */
export interface Stored {
  readonly type: Tensor['type'];
  /** Empty: not quantized. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly dimension: number;
  /** Of constants. */
  readonly data?: Uint8Array;
}

export interface Storage {
  readonly isQuantized: boolean;
  /** @param node that the value is an input of; weights are kept by node, as their scales depend on it */
  stored(value: Value, node?: Node): Stored;
  /** What the model takes and gives, where it differs from how inputs and outputs are kept inside. */
  readonly inputType?: 'UINT8' | 'FLOAT32' | undefined;
  readonly floatOutputs?: boolean | undefined;
  /** True for nodes that have no 8-bit kernel: they compute in float, between 8 bits. */
  needsFloat?(node: Node): boolean;
}

/** What goes on in float where all that it takes is in float already: shorter, and without rounding between. */
const staysInFloat: ReadonlySet<Node['kind']> = new Set(['unary', 'binary', 'clamp', 'mean', 'reshape', 'leakyRelu']);

const bytesOf = (data: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Everything in float, indices in int32. */
export const floatStorage: Storage = {
  isQuantized: false,
  stored: ({ data }) => ({
    type: data instanceof Int32Array ? 'INT32' : 'FLOAT32',
    scale: [],
    zeroPoint: [],
    dimension: 0,
    ...(data === undefined ? {} : { data: bytesOf(data) }),
  }),
};

/**
 * @param keep values that become outputs in addition, behind the graph's own: for calibration
 */
export function emitModel(graph: Graph, storage: Storage, keep: readonly Value[] = []): TfliteModel {
  const writer = new ModelWriter(storage);
  const inputs = graph.inputs.map((value) => writer.input(value));
  for (const node of graph.nodes) writer.node(node);
  const outputs = graph.outputs.map((value, at) => writer.output(value, graph.outputNames[at]!));
  return writer.model(inputs, [...outputs, ...keep.map((value) => writer.tensorOf(value))]);
}

class ModelWriter {
  readonly #storage: Storage;
  readonly #codes: OperatorCode[] = [];
  readonly #buffers: Uint8Array[] = [new Uint8Array()];
  readonly #tensors: Tensor[] = [];
  readonly #operators: Operator[] = [];
  readonly #indices = new Map<Value, number>();
  /** Tensors of values in float, inside of a quantized model. */
  readonly #floats = new Map<Value, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  input(value: Value): number {
    const inner = this.tensorOf(value);
    const { inputType } = this.#storage;
    const stored = this.#storage.stored(value);
    if (inputType === undefined || inputType === stored.type) return inner;
    // A uint8 of the same scale lies 128 steps higher than its int8.
    const outer =
      inputType === 'UINT8'
        ? { ...stored, type: inputType, zeroPoint: stored.zeroPoint.map((zero) => zero + 128) }
        : { ...stored, type: inputType, scale: [], zeroPoint: [] };
    const index = this.#tensor(`${value.name}_${inputType.toLowerCase()}`, value.shape, outer);
    this.#operator({ builtin: 'QUANTIZE', version: 1 }, [index], [inner], { table: 'QuantizeOptions' });
    return index;
  }

  output(value: Value, name: string): number {
    const float = this.#floats.get(value);
    if (float !== undefined && this.#storage.floatOutputs === true) {
      this.#tensors[float] = { ...this.#tensors[float]!, name };
      return float;
    }
    const inner = this.tensorOf(value);
    if (this.#storage.floatOutputs !== true || !this.#storage.isQuantized) {
      this.#tensors[inner] = { ...this.#tensors[inner]!, name };
      return inner;
    }
    const index = this.#tensor(name, value.shape, { type: 'FLOAT32', scale: [], zeroPoint: [], dimension: 0 });
    this.#operator({ builtin: 'DEQUANTIZE', version: 2 }, [inner], [index], { table: 'DequantizeOptions' });
    return index;
  }

  node(node: Node): void {
    if (this.#isFloat(node)) {
      this.#floatNode(node);
      return;
    }
    const { builtin, version, inputs, options } = emitNode(node, this.#storage.isQuantized);
    const indices = inputs.map((value) => this.tensorOf(value, node));
    this.#operator({ builtin, version }, indices, [this.tensorOf(node.output)], options);
  }

  #isFloat(node: Node): boolean {
    if (this.#storage.needsFloat?.(node) === true) return true;
    const flowing = node.inputs.filter(({ data }) => data === undefined);
    return staysInFloat.has(node.kind) && flowing.length > 0 && flowing.every((value) => this.#floats.has(value));
  }

  #floatNode(node: Node): void {
    const { builtin, version, inputs, options } = emitNode(node, false);
    const indices = inputs.map((value) => this.#floatOf(value));
    const index = this.#tensor(`${node.output.name}_float`, node.output.shape, floatStorage.stored(node.output));
    this.#floats.set(node.output, index);
    this.#operator({ builtin, version }, indices, [index], options);
  }

  #floatOf(value: Value): number {
    const known = this.#floats.get(value);
    if (known !== undefined) return known;
    const inner = value.data === undefined ? this.tensorOf(value) : undefined;
    const index = this.#tensor(`${value.name}_float`, value.shape, floatStorage.stored(value));
    if (inner === undefined) return index;
    this.#operator({ builtin: 'DEQUANTIZE', version: 2 }, [inner], [index], { table: 'DequantizeOptions' });
    this.#floats.set(value, index);
    return index;
  }

  tensorOf(value: Value, node?: Node): number {
    const known = this.#indices.get(value);
    if (known !== undefined) return known;
    const float = this.#floats.get(value);
    const index = this.#tensor(value.name, value.shape, this.#storage.stored(value, node));
    if (float !== undefined) {
      this.#operator({ builtin: 'QUANTIZE', version: 1 }, [float], [index], { table: 'QuantizeOptions' });
    }
    // Quantized constants may differ from one node to the next.
    if (value.data === undefined || !this.#storage.isQuantized) this.#indices.set(value, index);
    return index;
  }

  model(inputs: readonly number[], outputs: readonly number[]): TfliteModel {
    return {
      version: 3,
      description: 'Converted by goby.',
      operatorCodes: this.#codes,
      buffers: this.#buffers,
      subgraphs: [{ name: 'main', tensors: this.#tensors, inputs, outputs, operators: this.#operators }],
    };
  }

  #tensor(name: string, shape: readonly number[], { type, scale, zeroPoint, dimension, data }: Stored): number {
    const quantization = { scale, zeroPoint, quantizedDimension: dimension };
    if (data !== undefined) this.#buffers.push(data);
    return (
      this.#tensors.push({
        name,
        shape,
        type,
        buffer: data === undefined ? 0 : this.#buffers.length - 1,
        isVariable: false,
        hasRank: false,
        ...(scale.length === 0 ? {} : { quantization }),
      }) - 1
    );
  }

  #operator(code: OperatorCode, inputs: readonly number[], outputs: readonly number[], options?: BuiltinOptions): void {
    let opcodeIndex = this.#codes.findIndex((one) => one.builtin === code.builtin && one.version === code.version);
    if (opcodeIndex < 0) opcodeIndex = this.#codes.push(code) - 1;
    this.#operators.push({
      ...plainOperator,
      opcodeIndex,
      inputs,
      outputs,
      ...(options === undefined ? {} : { builtinOptions: options }),
    });
  }
}
