/** The whole way from a source graph to a model: import, simplify, calibrate, quantize, write out. */
import { InputError } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { checkNumbers } from './check-numbers.ts';
import { appendDetectionPostProcess } from './detection-post-process.ts';
import { type DetectionRequest, ownDetections, ownPostProcess, requestedDetections } from './detections.ts';
import { emitModel, floatStorage } from './emit-model.ts';
import type { Graph } from './graph.ts';
import type { GraphDef } from './graph-def.ts';
import { type CutOptions, importGraph } from './import-graph.ts';
import { simplify } from './passes/simplify.ts';
import { calibrate } from './quantize/calibrate.ts';
import { type Observation, openObservation } from './quantize/observe.ts';
import { type QuantizedStorage, quantizeGraph } from './quantize/quantize-graph.ts';
import type { Range, RangeMethod } from './quantize/ranges.ts';

export interface QuantizeRequest {
  readonly engine: Engine;
  /** Gives the graph's input per photo, once its shape is known. */
  readonly photos: (shape: readonly number[]) => Promise<readonly Float32Array[]>;
  readonly method: RangeMethod;
  /** Real values of a pixel of 0 and of 255. */
  readonly inputRange: Range;
  readonly inputType: 'UINT8' | 'INT8' | 'FLOAT32';
  readonly onPhoto?: ((done: number, total: number) => void) | undefined;
}

export interface ConvertRequest {
  readonly cut: CutOptions;
  readonly quantize?: QuantizeRequest | undefined;
  /** Outputs 0 and 1 of the cut are box encodings and scores with background. */
  readonly detections?: DetectionRequest | undefined;
}

export interface Conversion {
  readonly model: TfliteModel;
  readonly graph: Graph;
  readonly quantized?: {
    readonly storage: QuantizedStorage;
    readonly photos: readonly Float32Array[];
    /** The graph in float, loaded in the request's engine. */
    readonly runFloat: Observation;
  };
}

/** @throws InputError for everything about source, cut or photos that can't be converted */
export async function convertGraph(def: GraphDef, request: ConvertRequest): Promise<Conversion> {
  const postProcess = ownPostProcess(def, request.cut.outputs);
  const cut = postProcess === undefined ? request.cut : { ...request.cut, outputs: postProcess.inputs.slice(0, 2) };
  const graph = simplify(importGraph(def, cut));
  checkNumbers(graph, def.source);
  const quantized = request.quantize === undefined ? undefined : await quantize(graph, request.quantize);
  const plain = emitModel(graph, quantized?.storage ?? floatStorage);
  const model =
    postProcess !== undefined
      ? appendDetectionPostProcess(plain, ownDetections(def, graph, postProcess))
      : request.detections !== undefined
        ? appendDetectionPostProcess(plain, requestedDetections(def, graph, request.detections))
        : plain;
  return { model, graph, ...(quantized === undefined ? {} : { quantized }) };
}

async function quantize(graph: Graph, request: QuantizeRequest) {
  if (graph.inputs.length !== 1) {
    throw new InputError(
      `Quantizing calibrates with photos and needs one input; the graph has ${graph.inputs.length}.`,
    );
  }
  const photos = await request.photos(graph.inputs[0]!.shape);
  const { engine, method, onPhoto, inputRange, inputType } = request;
  const runFloat = await openObservation({ graph, storage: floatStorage, engine, name: 'in-float' });
  const calibration = await calibrate(graph, {
    runFloat,
    photos,
    method,
    onPhoto: (done) => onPhoto?.(done, photos.length),
  });
  return { storage: quantizeGraph(graph, { ...calibration, inputRange, inputType }), photos, runFloat };
}
