/** Builds small .tflite graphs in tests: tensors by name, operators one after the other. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ModelFile } from '../../src/models/model-file.ts';
import type { BuiltinOperator } from '../../src/models/tflite-file/builtin-operators.ts';
import { plainOperator } from '../../src/models/tflite-file/plain-operator.ts';
import type { BuiltinOptions, Quantization, Tensor } from '../../src/models/tflite-file/schema.ts';
import type { TfliteModel } from '../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../src/models/tflite-file/write-model.ts';

type TensorType = Tensor['type'];
type Values = readonly number[];

export interface TensorOptions {
  readonly type?: TensorType;
  readonly quantization?: Partial<Quantization>;
  readonly name?: string;
}

export class GraphBuilder {
  readonly #tensors: Tensor[] = [];
  readonly #buffers: Uint8Array[] = [new Uint8Array()];
  readonly #codes: { builtin: BuiltinOperator; customCode?: string; version: number }[] = [];
  readonly #operators: TfliteModel['subgraphs'][number]['operators'][number][] = [];

  /** A tensor that an operator fills, or an input. */
  tensor(shape: Values, options: TensorOptions = {}): number {
    return this.#add({ shape, type: 'FLOAT32', buffer: 0, ...options });
  }

  constant(shape: Values, values: Values, options: TensorOptions = {}): number {
    const { type = 'FLOAT32' } = options;
    this.#buffers.push(bytesOf(type, values));
    return this.#add({ shape, type, buffer: this.#buffers.length - 1, ...options });
  }

  operator(
    builtin: BuiltinOperator,
    inputs: Values,
    outputs: Values,
    options: { version?: number; custom?: string; options?: BuiltinOptions; customOptions?: Uint8Array } = {},
  ): void {
    const { version = 1, custom } = options;
    this.#codes.push({ builtin, version, ...(custom === undefined ? {} : { customCode: custom }) });
    this.#operators.push({
      ...plainOperator,
      opcodeIndex: this.#codes.length - 1,
      inputs,
      outputs,
      ...(options.options === undefined ? {} : { builtinOptions: options.options }),
      ...(options.customOptions === undefined ? {} : { customOptions: options.customOptions }),
    });
  }

  model(inputs: Values, outputs: Values): TfliteModel {
    return {
      version: 3,
      operatorCodes: this.#codes,
      buffers: this.#buffers,
      subgraphs: [{ tensors: this.#tensors, inputs, outputs, operators: this.#operators }],
    };
  }

  #add({ quantization, name, ...rest }: Pick<Tensor, 'shape' | 'type' | 'buffer'> & TensorOptions): number {
    this.#tensors.push({
      isVariable: false,
      hasRank: false,
      name: name ?? `t${this.#tensors.length}`,
      ...rest,
      type: rest.type ?? 'FLOAT32',
      ...(quantization === undefined ? {} : { quantization: { quantizedDimension: 0, ...quantization } }),
    });
    return this.#tensors.length - 1;
  }
}

export function bytesOf(type: TensorType, values: Values): Uint8Array {
  switch (type) {
    case 'FLOAT32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'INT32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'INT8':
      return new Uint8Array(Int8Array.from(values).buffer);
    default:
      return Uint8Array.from(values);
  }
}

/** Writes a model, and gives it as the engine takes it. */
export function putModel(path: string, model: TfliteModel | Uint8Array): ModelFile {
  const bytes = model instanceof Uint8Array ? model : writeModel(model);
  writeFileSync(path, bytes);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}
