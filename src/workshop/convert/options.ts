/** The options of `goby convert`, named as the field knows them from TOCO, and their values read and checked. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addConfigOptions, type ConfigOptions } from '../../config/config-options.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { detectionCounts } from './detection-post-process.ts';
import { type Range, type RangeMethod, rangeMethods } from './quantize/ranges.ts';

export interface ConvertOptions extends ConfigOptions {
  readonly graph: string;
  readonly output: string;
  readonly signature?: string;
  readonly inputArrays?: readonly string[];
  readonly outputArrays?: readonly string[];
  readonly inputShapes?: readonly (readonly number[])[];
  readonly inferenceType: 'float' | 'quantized';
  readonly inferenceInputType?: 'float' | 'uint8' | 'int8';
  readonly inputRange?: Range;
  readonly outputFormat: 'tflite' | 'graphviz';
  readonly calibrationImages?: string;
  readonly calibration?: string;
  readonly saveCalibration?: string;
  readonly ranges: RangeMethod;
  readonly labels?: string;
  readonly detections?: number;
  readonly anchors?: string;
  readonly check?: boolean;
  readonly keepAnyway?: boolean;
  readonly plot?: string;
  readonly threads: number;
}

const names = (text: string): string[] => text.split(',').map((name) => name.trim());

/** `1,300,300,3`, or several with a colon between, as TOCO has it. */
function shapes(text: string): number[][] {
  const read = text.split(':').map((shape) => shape.split(',').map(Number));
  if (read.flat().every((size) => Number.isInteger(size) && (size > 0 || size === -1))) return read;
  throw new InvalidArgumentError('--input-shapes takes whole numbers such as 1,300,300,3; a colon sets inputs apart.');
}

function range(text: string): Range {
  const [low, high, ...more] = text.split(',').map(Number);
  if (low !== undefined && high !== undefined && more.length === 0 && low < high) return { low, high };
  throw new InvalidArgumentError('--input-range takes two numbers, the smaller first, such as -1,1.');
}

function detections(text: string): number {
  const count = detectionCounts.find((one) => String(one) === text);
  if (count !== undefined) return count;
  throw new InvalidArgumentError(`--detections takes ${detectionCounts.join(', ')}.`);
}

export function convertOptions(command: Command): Command {
  return addConfigOptions(command)
    .argument('[graph]', 'the same as --graph')
    .option(
      '--graph <file>',
      'frozen GraphDef (.pb), SavedModel (its folder), Keras model (.keras, .h5) or TensorFlow.js model.json',
    )
    .requiredOption('--output <file>', 'file to write')
    .option('--signature <key>', 'of a SavedModel (default: serving_default)')
    .option('--input-arrays <names>', 'nodes to cut at: they become the inputs (default: those of the graph)', names)
    .option('--output-arrays <names>', 'nodes that become the outputs (default: those that nothing uses)', names)
    .option('--input-shapes <shapes>', 'shape of each input, such as 1,300,300,3; a colon sets inputs apart', shapes)
    .addOption(new Option('--inference-type <type>', 'numbers inside').choices(['float', 'quantized']).default('float'))
    .addOption(
      new Option(
        '--inference-input-type <type>',
        'numbers of the input (default: as inside; uint8 when quantized)',
      ).choices(['float', 'uint8', 'int8']),
    )
    .option(
      '--input-range <low,high>',
      'real values of pixels 0 and 255 (default: found from how the graph begins, else -1,1)',
      range,
    )
    .addOption(
      new Option('--output-format <format>', 'graphviz draws the converted graph')
        .choices(['tflite', 'graphviz'])
        .default('tflite'),
    )
    .option(
      '--calibration-images <folder>',
      'photos to calibrate and check with, also in folders below (default: the sample photos)',
    )
    .option('--save-calibration <file>', 'write what the photos gave: from it every machine makes the same model')
    .option('--calibration <file>', 'calibrate with such a file; the photos are checked with only')
    .addOption(
      new Option('--ranges <method>', 'how ranges of photos become one').choices([...rangeMethods]).default('minmax'),
    )
    .option('--labels <file>', 'labels to put into the file, one a line')
    .option(
      '--detections <count>',
      `append TFLite_Detection_PostProcess that keeps ${detectionCounts.join(', ')}`,
      detections,
    )
    .option('--anchors <name>', 'constant with the anchors (default: the only one that fits the boxes)')
    .option('--check', 'insist on photos to check with; where there are some, the check is done anyway')
    .option('--keep-anyway', 'keep a model that failed the check; the exit code says that it did')
    .option('--plot <file>', 'write a page (.html) with ranges and errors by layer')
    .option('--threads <number>', 'threads while calibrating', wholeOption('--threads', 1, 8), 1);
}
