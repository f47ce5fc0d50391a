/** `goby convert` without its words: a source file in, the bytes of a model out that was loaded, and what is wrong with it. */
import { basename } from 'node:path';
import { InputError } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import { postProcessOperator } from '../../models/tflite-file/post-process-options.ts';
import { mainGraph, operatorName, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { writeModel } from '../../models/tflite-file/write-model.ts';
import { type CalibrationPhotos, isPictureShape } from '../photos/calibration-photos.ts';
import { type Conversion, convertGraph } from './convert-graph.ts';
import { describeModel, packLabels } from './describe-model.ts';
import type { DetectionRequest } from './detections.ts';
import { floatStorage } from './emit-model.ts';
import type { GraphDef } from './graph-def.ts';
import type { CutOptions } from './import-graph.ts';
import { isUniform } from './input-range.ts';
import { loadBytes } from './load-bytes.ts';
import { type Calibration, calibrate } from './quantize/calibrate.ts';
import { disagreements } from './quantize/check-agreement.ts';
import { type Comparison, compareWithFloat } from './quantize/compare-with-float.ts';
import type { Calibrated } from './quantize/kept-calibration.ts';
import { openObservation } from './quantize/observe.ts';
import type { Range, RangeMethod } from './quantize/ranges.ts';

export interface ConvertFileRequest {
  readonly def: GraphDef;
  /** One a class, and where messages say they are from. */
  readonly labels?: { readonly names: readonly string[]; readonly source: string } | undefined;
  readonly engine: Engine;
  readonly cut: CutOptions;
  readonly detections?: DetectionRequest | undefined;
  /** As the user gave it. */
  readonly inputRange: Range | undefined;
  readonly quantize:
    | {
        readonly method: RangeMethod;
        readonly inputType: 'UINT8' | 'INT8' | 'FLOAT32';
        /** Kept from before; absent: the photos are calibrated with. */
        readonly calibration?: ((of: Calibrated) => Calibration) | undefined;
      }
    | undefined;
  /** Opens the photos to calibrate and to check with; undefined where a float model has to do without. */
  readonly photos: ((shape: readonly number[], range: Range) => Promise<CalibrationPhotos>) | undefined;
  /** @param share 0..1; may throw to end it */
  readonly onStep: (share: number, note: string) => void;
}

export interface ConvertedFile {
  readonly conversion: Conversion;
  /** With its metadata. */
  readonly model: TfliteModel;
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Present when quantized. */
  readonly comparison: Comparison | undefined;
  /** Why it can't be trusted, each as a part of a sentence; empty for a sound conversion. */
  readonly problems: readonly string[];
  /** Sentences about photos that couldn't be decoded. */
  readonly leftOut: readonly string[];
}

/** @throws InputError when the source can't be converted, or the library refuses what came out */
export async function convertFile(request: ConvertFileRequest): Promise<ConvertedFile> {
  const { def, engine, cut, detections, inputRange, quantize, photos, onStep } = request;
  const conversion = await convertGraph(def, {
    cut,
    inputRange,
    detections,
    ...(quantize === undefined || photos === undefined
      ? {}
      : {
          quantize: {
            ...quantize,
            engine,
            photos,
            onPhoto: (done, total) => onStep((0.5 * done) / total, 'calibrating'),
          },
        }),
  });
  const { graph, quantized } = conversion;
  const model = described(conversion, request);
  const problems: string[] = [];
  const leftOut: string[] = [];
  let comparison: Comparison | undefined;
  if (quantized !== undefined) {
    comparison = await compareWithFloat({
      graph,
      engine,
      ...quantized,
      onPhoto: (done) => onStep(0.5 + (0.5 * done) / quantized.photos.count, 'comparing with float'),
    });
    problems.push(...disagreements(comparison.outputs).map((found) => `8 bits stray from float: ${found}`));
    problems.push(...darkness(conversion, quantized.calibration.firstSeen));
    leftOut.push(...quantized.photos.leftOut);
  } else if (photos !== undefined && isPictureShape(graph.inputs[0]?.shape ?? []) && graph.inputs.length === 1) {
    const seen = await tryInFloat(conversion, await photos(graph.inputs[0]!.shape, conversion.inputRange), request);
    problems.push(...darkness(conversion, seen.range));
    leftOut.push(...seen.leftOut);
  }
  onStep(1, 'loading');
  // What can't be loaded must not be handed on.
  const plain = writeModel(model);
  const bytes = request.labels === undefined ? plain : packLabels(plain, request.labels.names);
  await loadBytes(engine, 'converted', bytes);
  return { conversion, model, bytes, comparison, problems, leftOut };
}

/** The model with what is known of its pixels and labels. @throws InputError when the labels are not as many as its classes */
function described({ model, inputRange }: Conversion, { def, labels }: ConvertFileRequest): TfliteModel {
  const { operators, tensors, outputs } = mainGraph(model);
  const last = operators.at(-1);
  const isDetector = last !== undefined && operatorName(model, last) === postProcessOperator;
  if (labels !== undefined) {
    // Of a detector the classes are the columns of the scores, less the background.
    const scores = tensors[isDetector ? last.inputs[1]! : outputs[0]!]!;
    const classes = (scores.shape.at(-1) ?? 1) - (isDetector ? 1 : 0);
    if (labels.names.length !== classes) {
      throw new InputError(
        `${labels.source} has ${labels.names.length} labels, and the model tells ${classes} classes apart.`,
      );
    }
  }
  const name = basename(def.source).replace(/\.\w+$/, '');
  return describeModel(model, { name, inputRange, hasLabels: labels !== undefined, isDetector });
}

/** Runs a float model on photos: every number that it computes has to be one. */
async function tryInFloat({ graph }: Conversion, photos: CalibrationPhotos, { engine, onStep }: ConvertFileRequest) {
  const runFloat = await openObservation({ graph, storage: floatStorage, engine, name: 'in-float' });
  const onPhoto = (done: number) => onStep(done / photos.count, 'trying on photos');
  const { firstSeen } = await calibrate(graph, { runFloat, photos, method: 'minmax', onPhoto });
  return { range: firstSeen, leftOut: photos.leftOut };
}

/** @param seen what the first weights saw of the photos; undefined: the pixels themselves */
function darkness({ source, inputRange }: Conversion, seen: Range = inputRange): string[] {
  if (!isUniform(seen)) return [];
  const { low, high } = source.range;
  return [
    `with pixels from ${low} to ${high} (${source.origin}) all that the first weights see lies between ${short(seen.low)} and ${short(seen.high)}: every picture is one colour`,
  ];
}

const short = (number: number): string => String(Number(number.toPrecision(3)));
