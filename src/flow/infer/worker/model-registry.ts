/** All models of one worker: loads them from checked bytes, feeds recurrent state back, runs inferences. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InputError, sentence, UnavailableError } from '../../../errors.ts';
import type { Backend } from '../../../models/model-file.ts';
import { delegateCoverage } from '../../../models/tflite-file/delegate-coverage.ts';
import { postProcessOperator, suppressesByClass } from '../../../models/tflite-file/post-process-options.ts';
import { readModel } from '../../../models/tflite-file/read-model.ts';
import { megabytes } from '../../../text/megabytes.ts';
import type { TensorSpec } from '../../preprocess/tensor.ts';
import { longestPayload } from '../protocol.ts';
import { chooseThreads } from './choose-threads.ts';
import { createEdgetpu } from './edgetpu.ts';
import { type Delegate, Interpreter } from './interpreter.ts';
import type { TfLiteLibrary } from './library.ts';
import { customOperators, edgetpuOperator } from './operator-codes.ts';
import { createXnnpack } from './xnnpack.ts';

export interface ModelRegistryOptions {
  readonly tflite: TfLiteLibrary;
  readonly accelerator: 'cpu' | 'edgetpu';
  readonly edgetpuLibrary?: string | undefined;
  /** `auto`: measured for each model. */
  readonly threads: number | 'auto';
  /** With `auto`: the most that are tried. */
  readonly mostThreads: number;
  /** XNNPACK is left alone. */
  readonly builtInKernels: boolean;
}

export interface LoadRequest {
  readonly model: string;
  readonly path: string;
  readonly sha256: string;
  readonly feedback: readonly { readonly output: number; readonly input: number }[];
}

interface Racked {
  readonly interpreter: Interpreter;
  /** Frees the interpreter, then the delegate it was made with. */
  readonly dispose: () => void;
  readonly feedback: LoadRequest['feedback'];
  /** Positions and sizes of the inputs that come with a request, in order. */
  readonly given: readonly { readonly position: number; readonly bytes: number }[];
  readonly outputBytes: readonly number[];
  /** All outputs, one behind the other; used again for every inference. */
  readonly outputs: Uint8Array;
}

export class ModelRegistry {
  readonly #options: ModelRegistryOptions;
  readonly #models = new Map<string, Racked>();
  #edgetpu: Delegate | undefined;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
  }

  load({ model, path, sha256, feedback }: LoadRequest): {
    backend: Backend;
    threads: number;
    inputs: TensorSpec[];
    outputs: TensorSpec[];
    outputBytes: number[];
  } {
    const bytes = readChecked(path, sha256);
    const graph = readGraph(bytes, basename(path));
    const { interpreter, backend, threads, dispose } = this.#interpret(graph, this.#threadsFor(graph));
    const given = interpreter.inputs
      .map((_, position) => position)
      .filter((position) => feedback.every(({ input }) => input !== position))
      .map((position) => ({ position, bytes: interpreter.byteSize('input', position) }));
    for (const { output, input } of feedback) {
      if (output >= interpreter.outputs.length || input >= interpreter.inputs.length) {
        dispose();
        throw new InputError(
          `${basename(path)} has ${interpreter.inputs.length} inputs and ${interpreter.outputs.length} outputs; feedback names output ${output} and input ${input}.`,
        );
      }
    }
    const outputBytes = interpreter.outputs.map((_, position) => interpreter.byteSize('output', position));
    const answerBytes = outputBytes.reduce((sum, size) => sum + size, 0);
    if (answerBytes > longestPayload) {
      dispose();
      throw new InputError(
        `${basename(path)} gives out ${megabytes(answerBytes)} each time; goby takes at most ${megabytes(longestPayload)}.`,
      );
    }
    this.unload(model);
    this.#models.set(model, {
      interpreter,
      dispose,
      feedback,
      given,
      outputBytes,
      outputs: new Uint8Array(answerBytes),
    });
    return { backend, threads, inputs: [...interpreter.inputs], outputs: [...interpreter.outputs], outputBytes };
  }

  /** Frees a model's memory; nothing happens when it isn't loaded. */
  unload(model: string): void {
    this.#models.get(model)?.dispose();
    this.#models.delete(model);
  }

  /** @param inputs the given inputs, one behind the other */
  infer(name: string, inputs: Uint8Array): { invokeMs: number; outputs: Uint8Array } {
    const racked = this.#models.get(name);
    if (racked === undefined) throw new UnavailableError(`The model ${name} is not loaded in this worker.`);
    const { interpreter, given, outputs, outputBytes, feedback } = racked;
    const wanted = given.reduce((sum, { bytes }) => sum + bytes, 0);
    if (inputs.byteLength !== wanted) {
      throw new InputError(`${name} takes ${wanted} bytes of input, got ${inputs.byteLength}.`);
    }
    let at = 0;
    for (const { position, bytes } of given) {
      interpreter.write(position, inputs.subarray(at, at + bytes));
      at += bytes;
    }
    const invokeMs = interpreter.invoke();
    const starts: number[] = [];
    at = 0;
    for (const [position, bytes] of outputBytes.entries()) {
      starts.push(at);
      interpreter.read(position, outputs.subarray(at, at + bytes));
      at += bytes;
    }
    for (const { output, input } of feedback) {
      interpreter.write(input, outputs.subarray(starts[output]!, starts[output]! + outputBytes[output]!));
    }
    return { invokeMs, outputs };
  }

  #threadsFor(graph: Graph): number {
    const { threads, mostThreads, builtInKernels } = this.#options;
    if (threads !== 'auto') return threads;
    if (graph.suppressesByClass && (builtInKernels || !graph.xnnpackHasWork)) return 1;
    return chooseThreads(mostThreads, (count) => {
      const { interpreter, dispose } = this.#interpret(graph, count);
      // Zeros: what the values are makes no difference to dense kernels.
      for (const position of interpreter.inputs.keys()) {
        interpreter.write(position, new Uint8Array(interpreter.byteSize('input', position)));
      }
      return { run: () => interpreter.invoke(), end: dispose };
    });
  }

  #interpret(
    { bytes, name, suppressesByClass, xnnpackHasWork }: Graph,
    threads: number,
  ): { interpreter: Interpreter; backend: Backend; threads: number; dispose: () => void } {
    const { tflite: library, accelerator, edgetpuLibrary, builtInKernels } = this.#options;
    // XNNPACK has threads of its own.
    const ownThreads = suppressesByClass ? 1 : threads;
    const options = { library, name, bytes, threads: ownThreads };
    const compiled = customOperators(bytes, name).includes(edgetpuOperator);
    if (compiled && accelerator === 'cpu') {
      throw new InputError(`${name} was compiled for the Edge TPU and can't run on the CPU.`, {
        remedy: 'Use the CPU file of the pair, or connect an Edge TPU and install libedgetpu.',
      });
    }
    if (compiled) {
      this.#edgetpu ??= createEdgetpu(edgetpuLibrary);
      const interpreter = Interpreter.create({ ...options, delegate: this.#edgetpu });
      if (interpreter === undefined) throw new UnavailableError(`The Edge TPU refuses ${name}.`);
      // The delegate is the Edge TPU itself: it serves the other models too.
      return { interpreter, backend: 'edgetpu', threads: ownThreads, dispose: () => interpreter.delete() };
    }
    const delegate = !builtInKernels && xnnpackHasWork ? createXnnpack(library, threads) : undefined;
    const fast = delegate && Interpreter.create({ ...options, delegate });
    if (fast) {
      const dispose = (): void => {
        fast.delete();
        library.xnnpack?.delete(delegate.pointer);
      };
      return { interpreter: fast, backend: 'xnnpack', threads, dispose };
    }
    // A kernel that can't be made for one operator's scales makes the delegate give the whole model back.
    if (delegate) library.xnnpack?.delete(delegate.pointer);
    const interpreter = Interpreter.create({ ...options, delegate: undefined })!;
    return { interpreter, backend: 'cpu', threads: ownThreads, dispose: () => interpreter.delete() };
  }
}

/** A model's file, and what decides how it is run: read once, however many interpreters are tried. */
interface Graph {
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly name: string;
  /** The delegate takes a model of which it runs nothing as willingly as any other: without this, kernels would be named that weren't used. */
  readonly xnnpackHasWork: boolean;
  /**
   * With several threads the library shares the classes out among them and leaves out the one whose number is that of the threads: two
   * find no cars, four no aeroplanes. NonMaxSuppressionMultiClassRegularHelper of detection_postprocess.cc begins to count at the
   * number of threads, and counts before it takes (TensorFlow's issue 56058). Such a model's own operators get one thread.
   */
  readonly suppressesByClass: boolean;
}

function readGraph(bytes: Uint8Array, name: string): Graph {
  try {
    const model = readModel(bytes, name);
    return {
      bytes,
      name,
      xnnpackHasWork: delegateCoverage(model).xnnpack.includes(undefined),
      suppressesByClass: suppressesByClass(model),
    };
  } catch (error) {
    // What goby can't read, the library perhaps can.
    if (!(error instanceof InputError)) throw error;
    const isPostProcessed = customOperators(bytes, name).includes(postProcessOperator);
    return { bytes, name, xnnpackHasWork: true, suppressesByClass: isPostProcessed };
  }
}

/** The file's bytes, read once: what is hashed is what is used. */
function readChecked(path: string, sha256: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new InputError(`The model file ${path} can't be read: ${sentence(cause)}.`, {
      remedy: 'Fetch it: goby models pull.',
      cause,
    });
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) {
    throw new InputError(`The model file ${path} has the SHA-256 ${found}, expected ${sha256}.`, {
      remedy: 'Fetch it again (goby models pull), or correct sha256 in the configuration.',
    });
  }
  return bytes;
}
