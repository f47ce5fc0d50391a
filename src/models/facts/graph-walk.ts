/** Walks a graph: which operator makes a tensor, which ones read it, and what lies behind those that only carry values on. */
import { absentTensor } from '../tflite-file/check-indices.ts';
import type { Operator, SubGraph, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, mainGraph, operatorName, type TfliteModel } from '../tflite-file/tflite-model.ts';

/** Values pass through these as they are. */
const carrying = new Set(['QUANTIZE', 'DEQUANTIZE', 'RESHAPE', 'SQUEEZE', 'EXPAND_DIMS', 'CAST']);

export class GraphWalk {
  readonly graph: SubGraph;
  readonly #model: TfliteModel;
  readonly #makers = new Map<number, Operator>();
  readonly #readers = new Map<number, Operator[]>();

  constructor(model: TfliteModel) {
    this.#model = model;
    this.graph = mainGraph(model);
    for (const operator of this.graph.operators) {
      for (const index of operator.outputs) this.#makers.set(index, operator);
      for (const index of operator.inputs) {
        if (index === absentTensor) continue;
        const readers = this.#readers.get(index);
        if (readers === undefined) this.#readers.set(index, [operator]);
        else readers.push(operator);
      }
    }
  }

  nameOf(operator: Operator): string {
    return operatorName(this.#model, operator);
  }

  tensor(index: number): Tensor {
    return this.graph.tensors[index]!;
  }

  /** The operator that makes a tensor; undefined for inputs and constants. */
  makerOf(index: number): Operator | undefined {
    return this.#makers.get(index);
  }

  readersOf(index: number): readonly Operator[] {
    return this.#readers.get(index) ?? [];
  }

  /** The operator whose values a tensor holds, behind all that only carries them. */
  originOf(index: number): Operator | undefined {
    // As many steps as there are operators: a damaged graph may be a circle.
    let maker = this.#makers.get(index);
    for (let steps = this.graph.operators.length; maker !== undefined && steps > 0; steps--) {
      if (!carrying.has(this.nameOf(maker))) return maker;
      const [from = absentTensor] = maker.inputs;
      maker = this.#makers.get(from);
    }
    return undefined;
  }

  /** Real values of a small constant; undefined for activations, and for what isn't float. */
  constant(index: number, most = 64): readonly number[] | undefined {
    if (index === absentTensor) return undefined;
    const tensor = this.tensor(index);
    const bytes = constantBytes(this.#model, tensor);
    if (tensor.type !== 'FLOAT32' || bytes.length === 0 || bytes.length > 4 * most || bytes.length % 4 !== 0) {
      return undefined;
    }
    return [...new Float32Array(bytes.slice().buffer)];
  }

  isConstant(index: number): boolean {
    return index !== absentTensor && constantBytes(this.#model, this.tensor(index)).length > 0;
  }
}
