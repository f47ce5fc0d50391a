/** One model in one interpreter: its delegate, its tensors, its Invoke. Lives in the worker process only. */
import { InputError, UnavailableError } from '../../../errors.ts';
import type { Backend } from '../../../models/model-file.ts';
import { type TensorSpec, type TensorType, tensorTypes } from '../../preprocess/tensor.ts';
import { type Pointer, type TfLiteLibrary, tfLiteTypes } from './library.ts';
import { unknownOperators } from './unknown-operators.ts';

/** Anything that can take over operators of a graph. */
export interface Delegate {
  readonly backend: Backend;
  readonly pointer: Pointer;
}

export interface InterpreterOptions {
  readonly library: TfLiteLibrary;
  /** Of the model, for messages. */
  readonly name: string;
  /** Whole .tflite file; kept alive as long as the interpreter, which points into it. */
  readonly bytes: Uint8Array;
  readonly threads: number;
  readonly delegate: Delegate | undefined;
}

export class Interpreter {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly #library: TfLiteLibrary;
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #model: Pointer;
  readonly #interpreter: Pointer;
  readonly #inputTensors: readonly Pointer[];
  readonly #outputTensors: readonly Pointer[];

  private constructor(options: InterpreterOptions, model: Pointer, interpreter: Pointer) {
    const { library, name, bytes } = options;
    this.#library = library;
    this.#name = name;
    this.#bytes = bytes;
    this.#model = model;
    this.#interpreter = interpreter;
    this.#inputTensors = list(library.inputCount(interpreter), (index) => library.inputTensor(interpreter, index));
    this.#outputTensors = list(library.outputCount(interpreter), (index) => library.outputTensor(interpreter, index));
    this.inputs = this.#inputTensors.map((tensor, index) => specOf(library, tensor, index));
    this.outputs = this.#outputTensors.map((tensor, index) => specOf(library, tensor, index));
  }

  /**
   * Makes model and interpreter and allocates the tensors; undefined when the delegate can't take this model, so that
   * the caller may try without it.
   * @throws InputError when the library refuses the model without a delegate too
   */
  static create(options: InterpreterOptions): Interpreter | undefined {
    const { library, name, bytes, threads, delegate } = options;
    const model = library.modelCreate(bytes, bytes.byteLength);
    if (model === null) {
      throw new InputError(`${name} is not a model that TensorFlow Lite ${library.version} can read.`, {
        remedy: 'Fetch it again: goby models pull.',
      });
    }
    const interpreterOptions = library.optionsCreate();
    library.optionsSetNumThreads(interpreterOptions, threads);
    if (delegate) library.optionsAddDelegate(interpreterOptions, delegate.pointer);
    const interpreter = library.interpreterCreate(model, interpreterOptions);
    library.optionsDelete(interpreterOptions);
    if (interpreter !== null && library.allocateTensors(interpreter) === 0) {
      return new Interpreter(options, model, interpreter);
    }
    if (interpreter !== null) library.interpreterDelete(interpreter);
    library.modelDelete(model);
    if (delegate) return undefined;
    const unknown = unknownOperators(library, bytes, name);
    throw unknown === undefined
      ? new InputError(`TensorFlow Lite ${library.version} can't make an interpreter for ${name}.`)
      : new InputError(
          `${name} was made with a newer TensorFlow than the library here, TensorFlow Lite ${library.version}: ${unknown}.`,
          { remedy: 'Export it with an older TensorFlow, or name a newer library as infer.library.' },
        );
  }

  /** Bytes of one input or output, as the library says. */
  byteSize(kind: 'input' | 'output', position: number): number {
    const tensors = kind === 'input' ? this.#inputTensors : this.#outputTensors;
    return Number(this.#library.tensorByteSize(tensors[position]!));
  }

  write(position: number, bytes: Uint8Array): void {
    const wanted = this.byteSize('input', position);
    if (bytes.byteLength !== wanted) {
      throw new InputError(`${this.#name}: input ${position} takes ${wanted} bytes, got ${bytes.byteLength}.`);
    }
    if (this.#library.copyFromBuffer(this.#inputTensors[position]!, bytes, wanted) !== 0) {
      throw new UnavailableError(`${this.#name}: input ${position} could not be written.`);
    }
  }

  /** @returns ms inside Invoke */
  invoke(): number {
    const fromMs = performance.now();
    const status = this.#library.invoke(this.#interpreter);
    const tookMs = performance.now() - fromMs;
    if (status !== 0) {
      throw new InputError(`${this.#name} failed in TensorFlow Lite's Invoke (status ${status}).`, {
        remedy: 'The log above says which operator; another model is needed.',
      });
    }
    return tookMs;
  }

  read(position: number, into: Uint8Array): void {
    if (this.#library.copyToBuffer(this.#outputTensors[position]!, into, into.byteLength) !== 0) {
      throw new UnavailableError(`${this.#name}: output ${position} could not be read.`);
    }
  }

  delete(): void {
    this.#library.interpreterDelete(this.#interpreter);
    this.#library.modelDelete(this.#model);
    // The model points into these bytes: this use keeps them until here.
    this.#bytes.at(0);
  }
}

function specOf(library: TfLiteLibrary, tensor: Pointer, index: number): TensorSpec {
  const { scale, zero_point: zeroPoint } = library.tensorQuantization(tensor);
  const type = tfLiteTypes[library.tensorType(tensor)];
  if (!(tensorTypes as readonly (string | undefined)[]).includes(type)) {
    throw new InputError(
      `Tensor ${library.tensorName(tensor)} has the type ${type ?? 'unknown'}, which goby doesn't handle.`,
    );
  }
  return {
    index,
    name: library.tensorName(tensor),
    type: type as TensorType,
    shape: list(library.tensorDimensions(tensor), (dimension) => library.tensorDimension(tensor, dimension)),
    scale,
    zeroPoint,
  };
}

function list<Item>(count: number, item: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => item(index));
}
