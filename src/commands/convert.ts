/** `goby convert`: a TensorFlow graph in, a float or quantized .tflite out. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { configFrom } from '../config/config-options.ts';
import { ConfigError, exitCode, GobyError, InputError } from '../errors.ts';
import type { Engine } from '../flow/infer/engine.ts';
import { openEngine } from '../flow/infer/open-engine.ts';
import { createLogger } from '../logger.ts';
import { readLabels } from '../models/labels/read-labels.ts';
import { graphDrawing } from '../models/tflite-file/graph-drawing.ts';
import { readModel } from '../models/tflite-file/read-model.ts';
import { mainGraph } from '../models/tflite-file/tflite-model.ts';
import { putBytes } from '../system/files/put-file.ts';
import { takePasted } from '../terminal/pasted-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { type ConvertedFile, convertFile } from '../workshop/convert/convert-file.ts';
import { type ConvertedAlready, convertedAlready } from '../workshop/convert/converted-already.ts';
import { type ConvertOptions, convertOptions } from '../workshop/convert/options.ts';
import { tensorflowConvert } from '../workshop/convert/pasted-lines.ts';
import { quantizationReport } from '../workshop/convert/quantization-report.ts';
import { calibrationText, openCalibration } from '../workshop/convert/quantize/kept-calibration.ts';
import { readSource } from '../workshop/convert/sources/read-source.ts';
import { inputLine, outputTable, summary } from '../workshop/convert/summary.ts';
import { openPhotos } from '../workshop/photos/calibration-photos.ts';

export function convertCommand(): Command {
  return takePasted(convertOptions(new Command('convert')), tensorflowConvert)
    .description('convert a TensorFlow graph to a float or quantized .tflite')
    .addHelpText(
      'after',
      `
Examples:
  goby convert --graph retrained_graph.pb --output model.tflite --labels retrained_labels.txt
  goby convert --graph saved_model --output model.tflite
  goby convert --graph model.json --output model.tflite --inference-type quantized --calibration-images photos
  goby convert --graph model.json --output model.tflite --inference-type quantized --save-calibration calibration.json
  goby convert --graph model.json --output same.tflite --inference-type quantized --calibration calibration.json
  goby convert --graph coco/model.json --output coco.tflite --inference-type quantized --input-arrays Preprocessor/sub \\
      --input-shapes 1,300,300,3 --output-arrays Squeeze,Postprocessor/convert_scores --detections 20

Lines for tflite_convert and toco can be pasted: goby knows their options too.
The file appears whole or not at all, and only when it was loaded and agrees with the source on photos.`,
    )
    .action(convert);
}

type GivenOptions = Omit<ConvertOptions, 'graph'> & { readonly graph?: string };

async function convert(argument: string | undefined, given: GivenOptions): Promise<void> {
  const options = { ...given, graph: graphOf(argument, given.graph) };
  checkOptions(options);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const loaded = configFrom(options);
  const engine = openEngine(
    loaded,
    createLogger({ part: 'convert', threshold: { level: 'error' }, format: 'text', write: console.error }),
    { infer: { threads: options.threads, edgetpu: 'off', deadlineMs: 60_000 } },
  );
  try {
    const already = await convertedAlready(options.graph);
    if (already !== undefined) {
      await passOn(already, options);
      return;
    }
    const photos = photoFolder(options, loaded.places.photos);
    await run({ options, engine, photos, signal: interruption.signal });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await engine.stop();
  }
}

/** Named once: by an option, as toco has it, or alone. */
function graphOf(argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined) {
    throw new ConfigError(`Two graphs are named, ${option} and ${argument}; goby converts one at a time.`);
  }
  const graph = option ?? argument;
  if (graph !== undefined) return graph;
  throw new ConfigError('Name the graph to convert.', {
    remedy: 'Such as: goby convert retrained_graph.pb --output model.tflite.',
  });
}

function checkOptions(options: ConvertOptions): void {
  const { inferenceType, plot, inferenceInputType = 'float', calibration, saveCalibration } = options;
  if (calibration !== undefined && saveCalibration !== undefined)
    throw new ConfigError(
      '--save-calibration keeps what the photos give, and --calibration does without them: name one.',
    );
  const needs = [
    ['--plot', plot !== undefined],
    ['--calibration', calibration !== undefined],
    ['--save-calibration', saveCalibration !== undefined],
    [`--inference-input-type ${inferenceInputType}`, inferenceInputType !== 'float'],
  ] as const;
  const given = needs.filter(([, isGiven]) => isGiven).map(([name]) => name);
  if (inferenceType !== 'quantized' && given.length > 0) {
    throw new ConfigError(`${given.join(' and ')} need${given.length > 1 ? '' : 's'} --inference-type quantized.`);
  }
}

/** A float model does without photos where there are none, unless it must be checked. */
function photoFolder({ calibrationImages, inferenceType, check }: ConvertOptions, samples: string): string | undefined {
  const isNeeded = inferenceType === 'quantized' || check === true;
  return calibrationImages ?? (isNeeded || existsSync(samples) ? samples : undefined);
}

interface Run {
  readonly options: ConvertOptions;
  readonly engine: Engine;
  /** Folder of photos to calibrate and check with. */
  readonly photos: string | undefined;
  readonly signal: AbortSignal;
}

async function run({ options, engine, photos, signal }: Run): Promise<void> {
  const { inputRange, ranges, detections, anchors, inferenceType, inferenceInputType = 'uint8' } = options;
  const labels =
    options.labels === undefined ? undefined : { names: await readLabels(options.labels), source: options.labels };
  const calibration = options.calibration === undefined ? undefined : await openCalibration(options.calibration);
  const progress = startProgress('converting', 1);
  const onStep = (share: number, note: string): void => {
    if (signal.aborted) throw new GobyError('Interrupted: nothing was written.', { exitCode: exitCode.interrupted });
    progress.update(share, note);
  };
  try {
    const converted = await convertFile({
      def: await readSource(options.graph, { signature: options.signature }),
      labels,
      engine,
      cut: { inputs: options.inputArrays, outputs: options.outputArrays, inputShapes: options.inputShapes },
      detections: detections === undefined ? undefined : { maxDetections: detections, anchors },
      inputRange,
      quantize:
        inferenceType === 'quantized'
          ? {
              method: ranges,
              inputType: inputTypes[inferenceInputType],
              calibration,
            }
          : undefined,
      photos: photos === undefined ? undefined : (shape, range) => openPhotos(photos, shape, range),
      onStep,
    });
    const { model, conversion, comparison, problems, leftOut } = converted;
    progress.end();
    for (const photo of leftOut) console.error(`goby: ${photo} It was left out.`);
    if (comparison !== undefined) console.log(`${outputTable(comparison.outputs)}\n`);
    if (problems.length > 0 && options.keepAnyway !== true) throw distrusted(problems, 'nothing was written');
    onStep(1, 'writing');
    const bytes = await write(options, converted);
    const layers = comparison?.layers ?? [];
    if (options.saveCalibration !== undefined)
      await putBytes(
        Buffer.from(calibrationText(conversion.quantized!.calibration, conversion)),
        options.saveCalibration,
      );
    if (options.plot !== undefined) {
      await putBytes(Buffer.from(quantizationReport(`Quantization of ${options.graph}`, layers)), options.plot);
    }
    console.log(`${summary(model, bytes, layers)}\n${inputLine(conversion)}`);
    const raised = conversion.quantized?.storage.raisedChannels ?? 0;
    if (raised > 0) {
      console.log(`\n${raised} channels do next to nothing; their scales were raised to fit 32 bits.`);
    }
    if (problems.length > 0) throw distrusted(problems, `${options.output} was kept as you asked`);
    console.log(`\nWritten to ${options.output}.`);
  } finally {
    progress.end();
  }
}

function distrusted(problems: readonly string[], consequence: string): InputError {
  return new InputError(`The model can't be trusted, and ${consequence}: ${problems.join('; ')}.`, {
    remedy:
      'Calibrate with photos like those it will see (--calibration-images), give the right --input-range, or convert in float; --keep-anyway keeps it.',
  });
}

const inputTypes = { float: 'FLOAT32', uint8: 'UINT8', int8: 'INT8' } as const;

/** @returns bytes written */
async function write(
  options: ConvertOptions,
  { model, bytes }: Pick<ConvertedFile, 'model' | 'bytes'>,
): Promise<number> {
  const isDrawing = options.outputFormat === 'graphviz';
  const content = isDrawing ? Buffer.from(graphDrawing(model, options.graph)) : bytes;
  await putBytes(content, options.output);
  return content.length;
}

/** Nothing is to be converted, such as after `goby train`: the file is copied, or drawn. */
async function passOn({ path, bytes }: ConvertedAlready, options: ConvertOptions): Promise<void> {
  const model = readModel(bytes, path);
  const isQuantized = mainGraph(model).tensors.some(({ type }) => type === 'INT8' || type === 'UINT8');
  if (options.inferenceType === 'quantized' && !isQuantized) {
    throw new InputError(`${path} is .tflite already, in float: it can't be quantized any more.`, {
      remedy: 'Convert the graph that it was made from.',
    });
  }
  if (resolve(path) !== resolve(options.output)) await write(options, { model, bytes });
  console.log(`${path} is .tflite already: there is nothing to convert. ${options.output} is the same model.`);
}
