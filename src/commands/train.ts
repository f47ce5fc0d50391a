/** `goby train`: a quantized classifier from folders of photos, on the device, without Python or TensorFlow. */
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { ConfigError } from '../errors.ts';
import { positiveOption, wholeOption } from '../terminal/number-options.ts';
import { takePasted } from '../terminal/pasted-options.ts';
import { type ProgressFormat, progressFormats, progressOf } from '../terminal/progress.ts';
import { slug } from '../text/slug.ts';
import { defaultArchitecture } from '../workshop/train/architectures.ts';
import type { Method } from '../workshop/train/fit.ts';
import { retrain } from '../workshop/train/pasted-lines.ts';
import { reportText } from '../workshop/train/report-text.ts';
import { trainModel } from '../workshop/train/train-model.ts';

interface TrainOptions extends ConfigOptions {
  readonly imageDir: string;
  readonly outputGraph?: string;
  readonly outputLabels?: string;
  readonly architecture: string;
  readonly method: Method;
  readonly addClass?: string;
  readonly howManyTrainingSteps: number;
  readonly learningRate: number;
  readonly testingPercentage: number;
  readonly validationPercentage: number;
  readonly evalStepInterval: number;
  readonly trainBatchSize: number;
  readonly validationBatchSize: number;
  readonly flipLeftRight: boolean;
  readonly randomCrop: number;
  readonly randomScale: number;
  readonly randomBrightness: number;
  readonly html?: string;
  readonly json?: boolean;
  readonly progress: ProgressFormat;
}

export function trainCommand(): Command {
  const percent = (name: string) => wholeOption(name, 0, 100);
  return takePasted(addConfigOptions(new Command('train')), retrain)
    .description('retrain a MobileNet on your photos: one folder per class in, a quantized .tflite out')
    .requiredOption(
      '--image-dir <folder>',
      'folder with one folder of photos per class, such as pikachu/ and no-pikachu/',
    )
    .option('--output-graph <file>', 'the model to write (default: NAME OF THE FOLDER.tflite)')
    .option('--output-labels <file>', 'its labels (default: beside the model, as .txt)')
    .option('--architecture <name>', 'mobilenet_1.0_224, a name of the catalog, or a .tflite file', defaultArchitecture)
    .addOption(
      new Option('--method <method>', 'how the head is made').choices(['softmax', 'imprinting']).default('softmax'),
    )
    .option(
      '--add-class <model>',
      'extend this model, made by goby train, with the classes of --image-dir; its photos are not needed',
    )
    .option(
      '--how-many-training-steps <number>',
      'steps of each training run',
      wholeOption('--how-many-training-steps', 1, 1_000_000),
      400,
    )
    .option('--learning-rate <rate>', 'learning rate', positiveOption('--learning-rate'), 0.01)
    .option('--testing-percentage <percent>', 'photos kept for the final test', percent('--testing-percentage'), 10)
    .option('--validation-percentage <percent>', 'photos that choose the head', percent('--validation-percentage'), 10)
    .option(
      '--eval-step-interval <steps>',
      'steps between two looks at the validation set',
      wholeOption('--eval-step-interval', 1, 1_000_000),
      10,
    )
    .option('--train-batch-size <number>', 'photos of one step', wholeOption('--train-batch-size', 1, 100_000), 100)
    .option(
      '--validation-batch-size <number>',
      'validation photos of one look; -1: all',
      wholeOption('--validation-batch-size', -1, 1_000_000),
      -1,
    )
    .option('--flip-left-right', 'train on mirrored photos too, up to 50 of a class (default)', true)
    .option('--no-flip-left-right', 'where left and right matter, as with letters')
    .option(
      '--random-crop <percent>',
      'margin cut away at random from further views of training photos',
      percent('--random-crop'),
      0,
    )
    .option('--random-scale <percent>', 'how much larger these views may be', percent('--random-scale'), 0)
    .option('--random-brightness <percent>', 'how much darker or brighter', percent('--random-brightness'), 0)
    .option('--html <file>', 'write the report as a page with plots and thumbnails')
    .option('--json', 'print the report as JSON')
    .addOption(
      new Option('--progress <format>', 'how progress is told on stderr; json: one object a line, for programs')
        .choices([...progressFormats])
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  goby train --image-dir photos --html report.html\n  goby train --image-dir photos --architecture mobilenet_1.0_224 --output-graph door.tflite\n  goby train --image-dir new-visitors --add-class door.tflite --method imprinting\n\nCtrl-C keeps what was embedded; the same command goes on from there.',
    )
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const { imageDir, testingPercentage, validationPercentage } = options;
  if (testingPercentage + validationPercentage >= 100) {
    throw new ConfigError(
      `--testing-percentage ${testingPercentage} and --validation-percentage ${validationPercentage} leave nothing to train with.`,
      { remedy: 'Together they must stay below 100; 10 and 10 are usual.' },
    );
  }
  const output = tfliteName(options.outputGraph ?? options.addClass ?? `${basename(resolve(imageDir))}.tflite`);
  if (output !== options.outputGraph && options.outputGraph !== undefined) {
    console.error(`goby: the model is written as ${output}: it is .tflite at once, and needs no converting.`);
  }
  const report = await trainModel({
    loaded: configFrom(options),
    imageDir,
    output,
    outputLabels: options.outputLabels ?? output.replace(/(\.tflite)?$/, '.txt'),
    architecture: options.architecture,
    split: { testing: testingPercentage, validation: validationPercentage },
    fit: {
      method: options.method,
      learningRate: options.learningRate,
      batchSize: options.trainBatchSize,
      validationBatchSize: options.validationBatchSize,
      steps: options.howManyTrainingSteps,
      evalInterval: options.evalStepInterval,
    },
    mirror: options.flipLeftRight,
    startProgress: progressOf(options.progress),
    distortions: { crop: options.randomCrop, scale: options.randomScale, brightness: options.randomBrightness },
    ...(options.addClass === undefined ? {} : { addClass: options.addClass }),
    ...(options.html === undefined ? {} : { html: options.html }),
  });
  const name = slug(basename(output, '.tflite'));
  console.log(options.json === true ? JSON.stringify(report, undefined, 2) : reportText(report, name));
}

/** `output_graph.pb`, as retrain.py has it, becomes `output_graph.tflite`. */
const tfliteName = (path: string): string => path.replace(/\.(pb|pbtxt|h5|keras)$/i, '.tflite');
