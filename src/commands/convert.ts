/** `goby convert`: a TensorFlow graph in, a float or quantized .tflite out. */
import { Command } from 'commander';
import { configFrom } from '../config/config-options.ts';
import { ConfigError, GobyError, InputError } from '../errors.ts';
import type { Engine } from '../flow/infer/engine.ts';
import { createWorkerEngine } from '../flow/infer/worker-engine.ts';
import { createLogger } from '../logger.ts';
import { readLabels } from '../models/labels.ts';
import { graphDrawing } from '../models/tflite-file/graph-drawing.ts';
import { mainGraph, type TfliteModel } from '../models/tflite-file/tflite-model.ts';
import { writeModel } from '../models/tflite-file/write-model.ts';
import { putBytes } from '../system/files/put-file.ts';
import { startProgress } from '../terminal/progress.ts';
import { convertGraph } from '../workshop/convert/convert-graph.ts';
import { withLabels } from '../workshop/convert/label-archive.ts';
import { type ConvertOptions, convertOptions } from '../workshop/convert/options.ts';
import { quantizationReport } from '../workshop/convert/quantization-report.ts';
import {
  checkAgreement,
  compareWithFloat,
  type LayerAgreement,
} from '../workshop/convert/quantize/compare-with-float.ts';
import { readSource } from '../workshop/convert/sources/read-source.ts';
import { outputTable, summary } from '../workshop/convert/summary.ts';
import { readPhotos } from '../workshop/photos/calibration-photos.ts';

/** Exit code of a program that SIGINT ended. */
const interruptedExitCode = 130;
/** Below this cosine --check fails. */
const leastCosine = 0.95;

export function convertCommand(): Command {
  return convertOptions(new Command('convert'))
    .description('convert a TensorFlow graph to a float or quantized .tflite')
    .addHelpText(
      'after',
      `
Examples:
  goby convert --graph model.json --output model.tflite
  goby convert --graph model.json --output model.tflite --inference-type quantized --calibration-images photos --check
  goby convert --graph coco/model.json --output coco.tflite --inference-type quantized --input-arrays Preprocessor/sub \\
      --input-shapes 1,300,300,3 --output-arrays Squeeze,Postprocessor/convert_scores --detections 20

The file appears whole or not at all.`,
    )
    .action(convert);
}

async function convert(options: ConvertOptions): Promise<void> {
  const isQuantized = options.inferenceType === 'quantized';
  checkOptions(options, isQuantized);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let engine: Engine | undefined;
  try {
    const { config, places } = configFrom(options);
    const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
    const def = await readSource(options.graph);
    if (isQuantized) {
      engine = createWorkerEngine({
        config: { ...config.infer, threads: options.threads, edgetpu: 'off', deadlineMs: 60_000 },
        library: config.infer.library ?? places.runtimeLibrary,
        logger: createLogger({ part: 'convert', threshold: { level: 'error' }, format: 'text', write: console.error }),
      });
    }
    await run({
      options,
      engine,
      labels,
      def,
      photos: options.calibrationImages ?? places.photos,
      signal: interruption.signal,
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await engine?.stop();
  }
}

function checkOptions(options: ConvertOptions, isQuantized: boolean): void {
  const needs = [
    ['--check', options.check === true],
    ['--plot', options.plot !== undefined],
    [`--inference-input-type ${options.inferenceInputType}`, (options.inferenceInputType ?? 'float') !== 'float'],
  ] as const;
  const given = needs.filter(([, isGiven]) => isGiven).map(([name]) => name);
  if (!isQuantized && given.length > 0) {
    throw new ConfigError(`${given.join(' and ')} need${given.length > 1 ? '' : 's'} --inference-type quantized.`);
  }
}

interface Run {
  readonly options: ConvertOptions;
  /** Present when quantizing. */
  readonly engine: Engine | undefined;
  readonly labels: readonly string[] | undefined;
  readonly def: Awaited<ReturnType<typeof readSource>>;
  readonly photos: string;
  readonly signal: AbortSignal;
}

async function run({ options, engine, labels, def, photos, signal }: Run): Promise<void> {
  const { inputRange, ranges, detections, anchors } = options;
  const progress = startProgress('converting', 1);
  const step = (share: number, note: string): void => {
    if (signal.aborted) throw new GobyError('Interrupted: nothing was written.', { exitCode: interruptedExitCode });
    progress.update(share, note);
  };
  try {
    const { model, graph, quantized } = await convertGraph(def, {
      cut: { inputs: options.inputArrays, outputs: options.outputArrays, inputShapes: options.inputShapes },
      ...(detections === undefined ? {} : { detections: { maxDetections: detections, anchors } }),
      ...(engine === undefined
        ? {}
        : {
            quantize: {
              engine,
              photos: (shape) => readPhotos(photos, shape, inputRange),
              method: ranges,
              inputRange,
              inputType: inputTypes[options.inferenceInputType ?? 'uint8'],
              onPhoto: (done, total) => step((0.5 * done) / total, 'calibrating'),
            },
          }),
    });
    let layers: LayerAgreement[] = [];
    if (engine !== undefined && quantized !== undefined) {
      const onPhoto = (done: number) => step(0.5 + (0.5 * done) / quantized.photos.length, 'comparing with float');
      layers = await compareWithFloat({ graph, engine, ...quantized, onPhoto });
    }
    if (options.check === true) {
      progress.end();
      console.log(`${outputTable(layers)}\n`);
      checkAgreement(layers, leastCosine);
    }
    step(1, 'writing');
    const bytes = await write(options, model, labels);
    if (options.plot !== undefined) {
      await putBytes(Buffer.from(quantizationReport(`Quantization of ${options.graph}`, layers)), options.plot);
    }
    progress.end();
    console.log(summary(model, bytes, layers));
    if ((quantized?.storage.raisedChannels ?? 0) > 0) {
      console.log(
        `\n${quantized?.storage.raisedChannels} channels do next to nothing; their scales were raised to fit 32 bits.`,
      );
    }
    console.log(`\nWritten to ${options.output}.`);
  } finally {
    progress.end();
  }
}

const inputTypes = { float: 'FLOAT32', uint8: 'UINT8', int8: 'INT8' } as const;

/** @returns bytes written */
async function write(
  options: ConvertOptions,
  model: TfliteModel,
  labels: readonly string[] | undefined,
): Promise<number> {
  if (options.outputFormat === 'graphviz') {
    const drawing = Buffer.from(graphDrawing(model, options.graph));
    await putBytes(drawing, options.output);
    return drawing.length;
  }
  if (labels !== undefined) checkLabels(model, labels, options);
  const plain = writeModel(model);
  const bytes = labels === undefined ? plain : withLabels(plain, labels);
  await putBytes(bytes, options.output);
  return bytes.length;
}

function checkLabels(
  model: TfliteModel,
  labels: readonly string[],
  { detections, labels: file }: ConvertOptions,
): void {
  const graph = mainGraph(model);
  // With detections the classes are the columns of the scores, less the background.
  const postProcess = graph.operators.at(-1)!;
  const scores = graph.tensors[detections === undefined ? graph.outputs[0]! : postProcess.inputs[1]!]!;
  const classes = (scores.shape.at(-1) ?? 1) - (detections === undefined ? 0 : 1);
  if (labels.length === classes) return;
  throw new InputError(`${file} has ${labels.length} labels, and the model tells ${classes} classes apart.`);
}
