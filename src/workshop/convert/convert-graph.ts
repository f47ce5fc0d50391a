/** The whole way from a source graph to a model: import, simplify, calibrate, quantize, write out. */
import { InputError } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import type { CalibrationPhotos } from '../photos/calibration-photos.ts';
import { checkNumbers } from './check-numbers.ts';
import { appendDetectionPostProcess } from './detection-post-process.ts';
import { type DetectionRequest, ownDetections, ownPostProcess, requestedDetections } from './detections.ts';
import { emitModel, floatStorage } from './emit-model.ts';
import type { Graph } from './graph.ts';
import type { GraphDef } from './graph-def.ts';
import { type CutOptions, importGraph } from './import-graph.ts';
import { type InputMeaning, inputMeaning } from './input-range.ts';
import { fold, tidy, tidyForEightBits } from './passes/simplify.ts';
import { type Calibration, calibrate } from './quantize/calibrate.ts';
import { type Calibrated, rounded } from './quantize/kept-calibration.ts';
import { type Observation, openObservation } from './quantize/observe.ts';
import { absorbScaling, scaleByConvolution } from './quantize/prepare-input.ts';
import { type QuantizedStorage, quantizeGraph } from './quantize/quantize-graph.ts';
import type { Range, RangeMethod } from './quantize/ranges.ts';

export interface QuantizeRequest {
  readonly engine: Engine;
  /** Gives the photos as the graph's input, once its shape and range are known. */
  readonly photos: (shape: readonly number[], range: Range) => Promise<CalibrationPhotos>;
  readonly method: RangeMethod;
  readonly inputType: 'UINT8' | 'INT8' | 'FLOAT32';
  readonly onPhoto?: ((done: number, total: number) => void) | undefined;
  /** Kept from before, in place of one on the photos. @throws InputError when it is that of another graph */
  readonly calibration?: ((of: Calibrated) => Calibration) | undefined;
}

export interface ConvertRequest {
  readonly cut: CutOptions;
  /** Real values of a pixel of 0 and of 255. Absent: found from how the graph begins, else -1 and 1. */
  readonly inputRange?: Range | undefined;
  readonly quantize?: QuantizeRequest | undefined;
  /** Outputs 0 and 1 of the cut are box encodings and scores with background. */
  readonly detections?: DetectionRequest | undefined;
}

export interface Conversion {
  readonly model: TfliteModel;
  readonly graph: Graph;
  /** What pixels are for the source. */
  readonly source: InputMeaning;
  /** Real values of a pixel of 0 and of 255 for the model: scaling that the source begins with may have moved into its input. */
  readonly inputRange: Range;
  readonly quantized?: {
    readonly storage: QuantizedStorage;
    readonly photos: CalibrationPhotos;
    /** The graph in float, loaded in the request's engine. */
    readonly runFloat: Observation;
    readonly calibration: Calibration;
  };
}

/** @throws InputError for everything about source, cut or photos that can't be converted */
export async function convertGraph(def: GraphDef, request: ConvertRequest): Promise<Conversion> {
  const postProcess = ownPostProcess(def, request.cut.outputs);
  const cut = postProcess === undefined ? request.cut : { ...request.cut, outputs: postProcess.inputs.slice(0, 2) };
  const folded = fold(importGraph(def, cut));
  const source = inputMeaning(folded, request.inputRange);
  const isAbsorbed = request.quantize !== undefined && request.quantize.inputType !== 'FLOAT32';
  const start = isAbsorbed ? absorbScaling(folded, source.range) : { graph: folded, range: source.range };
  const graph = request.quantize === undefined ? tidy(start.graph) : tidyForEightBits(scaleByConvolution(start.graph));
  checkNumbers(graph, def.source);
  const quantized = request.quantize === undefined ? undefined : await quantize(graph, start.range, request.quantize);
  const plain = emitModel(graph, quantized?.storage ?? floatStorage);
  const model =
    postProcess !== undefined
      ? appendDetectionPostProcess(plain, ownDetections(def, graph, postProcess))
      : request.detections !== undefined
        ? appendDetectionPostProcess(plain, requestedDetections(def, graph, request.detections))
        : plain;
  const common = { model, graph, source, inputRange: start.range };
  return quantized === undefined ? common : { ...common, quantized };
}

async function quantize(graph: Graph, inputRange: Range, request: QuantizeRequest) {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0) {
    throw new InputError(
      `Quantizing calibrates with photos and needs one input; the graph has ${graph.inputs.length}.`,
    );
  }
  const { engine, method, onPhoto, inputType } = request;
  const kept = request.calibration?.({ graph, inputRange });
  const photos = await request.photos(input.shape, inputRange);
  const runFloat = await openObservation({ graph, storage: floatStorage, engine, name: 'in-float' });
  const onEach = (done: number) => onPhoto?.(done, photos.count);
  const calibration = kept ?? rounded(await calibrate(graph, { runFloat, photos, method, onPhoto: onEach }));
  const storage = quantizeGraph(graph, { ...calibration, inputRange, inputType });
  return { storage, photos, runFloat, calibration };
}
