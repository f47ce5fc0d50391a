/** The whole way from a source graph to a model: import, simplify, calibrate, quantize, write out. */
import { InputError } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { appendDetectionPostProcess } from './detection-post-process.ts';
import { emitModel, floatStorage } from './emit-model.ts';
import type { ConstantData, Graph } from './graph.ts';
import type { GraphDef } from './graph-def.ts';
import { type CutOptions, importGraph } from './import-graph.ts';
import { simplify } from './passes/simplify.ts';
import { calibrate } from './quantize/calibrate.ts';
import { type Observation, openObservation } from './quantize/observe.ts';
import { type QuantizedStorage, quantizeGraph } from './quantize/quantize-graph.ts';
import type { Range, RangeMethod } from './quantize/ranges.ts';

export interface DetectionRequest {
  readonly maxDetections: number;
  /** Constant [anchors, 4] of the source as top, left, bottom, right. Absent: the only one that fits the boxes. */
  readonly anchors?: string | undefined;
}

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
  const graph = simplify(importGraph(def, request.cut));
  const quantized = request.quantize === undefined ? undefined : await quantize(graph, request.quantize);
  const plain = emitModel(graph, quantized?.storage ?? floatStorage);
  const model = request.detections === undefined ? plain : withDetections(plain, graph, def, request.detections);
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
  const ranges = await calibrate(graph, {
    runFloat,
    photos,
    method,
    onPhoto: (done) => onPhoto?.(done, photos.length),
  });
  return { storage: quantizeGraph(graph, { ranges, inputRange, inputType }), photos, runFloat };
}

function withDetections(model: TfliteModel, graph: Graph, def: GraphDef, request: DetectionRequest): TfliteModel {
  const [boxes, scores] = graph.outputs;
  return appendDetectionPostProcess(model, {
    anchors: findAnchors(def, boxes?.shape[1] ?? 0, request.anchors),
    maxDetections: request.maxDetections,
    classCount: (scores?.shape[2] ?? 0) - 1,
    // The encoding of TensorFlow's object detection models (FasterRcnnBoxCoder).
    boxScales: { y: 10, x: 10, height: 5, width: 5 },
    // As TensorFlow's own graph: boxes suppress those of their own class. Below this score nothing is worth the time.
    scoreThreshold: 0.01,
    overlapThreshold: 0.6,
  });
}

function findAnchors(def: GraphDef, count: number, name: string | undefined): ConstantData {
  const fits = (shape: readonly number[]) =>
    shape.at(-1) === 4 && shape.at(-2) === count && shape.slice(0, -2).every((size) => size === 1);
  const candidates = [...def.constants].filter(([own, { shape }]) => (name === undefined ? fits(shape) : own === name));
  const [found] = candidates;
  if (found === undefined || !fits(found[1].shape)) {
    throw new InputError(`${def.source} has no anchors [${count}, 4]${name === undefined ? '' : ` named ${name}`}.`);
  }
  if (candidates.length > 1) {
    throw new InputError(
      `${def.source} has several constants [${count}, 4]: ${candidates.map(([own]) => own).join(', ')}.`,
      {
        remedy: 'Name the anchors with --anchors.',
      },
    );
  }
  return found[1].data;
}
