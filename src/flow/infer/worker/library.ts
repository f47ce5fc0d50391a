/** The TensorFlow Lite C library through koffi: only the entry points goby needs. Loaded in the worker process only. */
import koffi from 'koffi';
import { UnavailableError } from '../../../errors.ts';

/** Values of TfLiteType in tensorflow/lite/c/c_api_types.h (2.9.0), in the order of their numbers. */
export const tfLiteTypes = [
  'none',
  'float32',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float16',
] as const;

/** An opaque C pointer. */
export type Pointer = unknown;

interface QuantizationParams {
  readonly scale: number;
  readonly zero_point: number;
}

export interface TfLiteLibrary {
  readonly version: string;
  modelCreate(bytes: Uint8Array, size: number): Pointer | null;
  modelDelete(model: Pointer): void;
  optionsCreate(): Pointer;
  optionsDelete(options: Pointer): void;
  optionsSetNumThreads(options: Pointer, threads: number): void;
  optionsAddDelegate(options: Pointer, delegate: Pointer): void;
  interpreterCreate(model: Pointer, options: Pointer): Pointer | null;
  interpreterDelete(interpreter: Pointer): void;
  allocateTensors(interpreter: Pointer): number;
  invoke(interpreter: Pointer): number;
  inputCount(interpreter: Pointer): number;
  inputTensor(interpreter: Pointer, index: number): Pointer;
  outputCount(interpreter: Pointer): number;
  outputTensor(interpreter: Pointer, index: number): Pointer;
  tensorType(tensor: Pointer): number;
  tensorDimensions(tensor: Pointer): number;
  tensorDimension(tensor: Pointer, index: number): number;
  tensorByteSize(tensor: Pointer): number;
  tensorData(tensor: Pointer): Pointer | null;
  tensorName(tensor: Pointer): string;
  tensorQuantization(tensor: Pointer): QuantizationParams;
  copyFromBuffer(tensor: Pointer, bytes: Uint8Array, size: number): number;
  copyToBuffer(tensor: Pointer, bytes: Uint8Array, size: number): number;
  /** Absent: this build has no XNNPACK, or doesn't show it. */
  readonly xnnpack?: XnnpackFunctions;
}

export interface XnnpackFunctions {
  /** Without options the library's own defaults hold. */
  create(options: Uint8Array | null): Pointer | null;
  delete(delegate: Pointer): void;
  /** Builds of 2.13 and later, about: which flags a delegate has. */
  flags?(delegate: Pointer): number;
  /** The default options as bytes, for builds that give them through memory: 2.11 and later. */
  defaults?(): Uint8Array;
}

/** Loads the library. @throws UnavailableError that names the file */
export function loadTfLite(path: string): TfLiteLibrary {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new UnavailableError(`The TensorFlow Lite library ${path} can't be loaded: ${(cause as Error).message}.`, {
      remedy: 'npm run build fetches it; infer.library names another build.',
      cause,
    });
  }
  const quantization = koffi.struct({ scale: 'float', zero_point: 'int32' });
  type CType = string | ReturnType<typeof koffi.struct>;
  const f = (result: CType, name: string, args: CType[]) => {
    try {
      return library.func(name, result, args);
    } catch (cause) {
      throw new UnavailableError(`${path} is no TensorFlow Lite library that goby can use: it has no ${name}.`, {
        remedy:
          'infer.library takes the C library, libtensorflowlite_c.so of TensorFlow 2.9 or later, or libLiteRt.so.',
        cause,
      });
    }
  };
  const version = (f('str', 'TfLiteVersion', [])() as string | null) ?? 'unknown';
  const xnnpack = xnnpackOf(library, version);
  return {
    version,
    modelCreate: f('void *', 'TfLiteModelCreate', ['void *', 'size_t']),
    modelDelete: f('void', 'TfLiteModelDelete', ['void *']),
    optionsCreate: f('void *', 'TfLiteInterpreterOptionsCreate', []),
    optionsDelete: f('void', 'TfLiteInterpreterOptionsDelete', ['void *']),
    optionsSetNumThreads: f('void', 'TfLiteInterpreterOptionsSetNumThreads', ['void *', 'int32']),
    optionsAddDelegate: f('void', 'TfLiteInterpreterOptionsAddDelegate', ['void *', 'void *']),
    interpreterCreate: f('void *', 'TfLiteInterpreterCreate', ['void *', 'void *']),
    interpreterDelete: f('void', 'TfLiteInterpreterDelete', ['void *']),
    allocateTensors: f('int', 'TfLiteInterpreterAllocateTensors', ['void *']),
    invoke: f('int', 'TfLiteInterpreterInvoke', ['void *']),
    inputCount: f('int32', 'TfLiteInterpreterGetInputTensorCount', ['void *']),
    inputTensor: f('void *', 'TfLiteInterpreterGetInputTensor', ['void *', 'int32']),
    outputCount: f('int32', 'TfLiteInterpreterGetOutputTensorCount', ['void *']),
    outputTensor: f('void *', 'TfLiteInterpreterGetOutputTensor', ['void *', 'int32']),
    tensorType: f('int', 'TfLiteTensorType', ['void *']),
    tensorDimensions: f('int32', 'TfLiteTensorNumDims', ['void *']),
    tensorDimension: f('int32', 'TfLiteTensorDim', ['void *', 'int32']),
    tensorByteSize: f('size_t', 'TfLiteTensorByteSize', ['void *']),
    tensorData: f('void *', 'TfLiteTensorData', ['void *']),
    tensorName: f('str', 'TfLiteTensorName', ['void *']),
    tensorQuantization: f(quantization, 'TfLiteTensorQuantizationParams', ['void *']),
    copyFromBuffer: f('int', 'TfLiteTensorCopyFromBuffer', ['void *', 'void *', 'size_t']),
    copyToBuffer: f('int', 'TfLiteTensorCopyToBuffer', ['void *', 'void *', 'size_t']),
    ...(xnnpack === undefined ? {} : { xnnpack }),
  };
}

/** Larger than the options of any build: what is written behind their end stays unread. */
const optionBytes = 256;

/** Functions that come and go: absent ones are left out. */
function xnnpackOf(library: ReturnType<typeof koffi.load>, version: string): XnnpackFunctions | undefined {
  const probe = (name: string, result: string, args: string[]) => {
    try {
      return library.func(name, result, args);
    } catch {
      return undefined;
    }
  };
  const create = probe('TfLiteXNNPackDelegateCreate', 'void *', ['void *']);
  const release = probe('TfLiteXNNPackDelegateDelete', 'void', ['void *']);
  if (create === undefined || release === undefined) return undefined;
  const flags = probe('TfLiteXNNPackDelegateGetFlags', 'int', ['void *']);
  return {
    create: (options) => create(options) as Pointer | null,
    delete: (delegate) => release(delegate),
    ...(flags === undefined ? {} : { flags: (delegate) => flags(delegate) as number }),
    ...(givesDefaultsThroughMemory(version) ? defaultsOf(library) : {}),
  };
}

/**
 * Up to TensorFlow 2.10 the options have 16 bytes, which a function gives in registers. What counts lower is no older TensorFlow, for
 * goby's begin with 2.9, but LiteRT, which counts from 1.0 again.
 */
function givesDefaultsThroughMemory(version: string): boolean {
  return !/^2\.(9|10)(\.|$)/.test(version);
}

function defaultsOf(library: ReturnType<typeof koffi.load>): Pick<XnnpackFunctions, 'defaults'> {
  try {
    const options = koffi.struct({ bytes: koffi.array('uint8', optionBytes) });
    const defaults = library.func('TfLiteXNNPackDelegateOptionsDefault', options, []);
    return { defaults: () => Uint8Array.from((defaults() as { bytes: Uint8Array | number[] }).bytes) };
  } catch {
    return {};
  }
}
