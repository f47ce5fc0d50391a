/** `goby evaluate`: how good a model is on photos whose truth is known: a detector by COCO's measure, a classifier by accuracy. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { ConfigError } from '../errors.ts';
import type { Engine, LoadedModel } from '../flow/infer/engine.ts';
import { createWorkerEngine } from '../flow/infer/worker-engine.ts';
import { createLogger } from '../logger.ts';
import { readLabels } from '../models/labels.ts';
import type { Model } from '../models/model.ts';
import { resolveModel } from '../models/resolve.ts';
import { wholeOption } from '../terminal/number-options.ts';
import { table } from '../terminal/table.ts';
import { classFolderText, evaluateClassFolders } from '../workshop/evaluate/class-folders.ts';
import { type CocoSet, readCocoSet } from '../workshop/evaluate/coco-annotations.ts';
import { categories, detectAll } from '../workshop/evaluate/coco-detections.ts';
import { cocoMap, type MeanPrecision } from '../workshop/evaluate/coco-map.ts';

interface EvaluateOptions extends ConfigOptions {
  readonly model: string;
  readonly coco?: string;
  readonly imageDir?: string;
  readonly labels?: string;
  readonly threads: number;
  readonly json?: boolean;
}

const note = 'Photos that a model was trained on serve relative comparison only.';

export function evaluateCommand(): Command {
  return addConfigOptions(new Command('evaluate'))
    .description('measure a model on photos whose truth is known: mean average precision, or accuracy')
    .requiredOption('--model <model>', 'catalog name, name of models.own, or the path of a .tflite file')
    .option('--coco <folder>', 'for detectors: folder with images/ and instances.json')
    .option('--image-dir <folder>', 'for classifiers: folder with one folder of photos per class')
    .option('--labels <file>', "label file; without it a detector file's class 0 is COCO category 1, and so on")
    .option('--threads <number>', 'threads of one inference', wholeOption('--threads', 1, 8), 1)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  goby evaluate --model detector.tflite --coco coco80\n  goby evaluate --model pikachu.tflite --image-dir new-photos\n\nPhotos that a model was trained on serve relative comparison only: two models on the same photos.',
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const { coco, imageDir, json = false } = options;
  if ((coco === undefined) === (imageDir === undefined)) {
    throw new ConfigError('Give either --coco FOLDER, for a detector, or --image-dir FOLDER, for a classifier.');
  }
  const loadedConfig = configFrom(options);
  const { config, places } = loadedConfig;
  const labelsFile = options.labels;
  const model = await resolveModel({ name: options.model, config: config.models, places, labelsFile });
  if ((coco === undefined) === (model.task === 'detect')) {
    throw new ConfigError(`The model ${model.name} is made to ${model.task}.`, {
      remedy:
        model.task === 'detect' ? 'Detectors are measured with --coco.' : 'Classifiers are measured with --image-dir.',
    });
  }
  const engine = createWorkerEngine({
    config: { ...config.infer, threads: options.threads, edgetpu: 'off', deadlineMs: 60_000 },
    library: config.infer.library ?? places.runtimeLibrary,
    logger: createLogger({ part: 'evaluate', threshold: { level: 'error' }, format: 'text', write: console.error }),
  });
  try {
    const loaded = await engine.load(model.pair);
    if (coco !== undefined) await evaluateDetector({ engine, model, loaded, coco, options });
    else await evaluateClassifier({ engine, model, loaded, imageDir: imageDir!, json });
  } finally {
    await engine.stop();
  }
}

interface Evaluation {
  readonly engine: Engine;
  readonly model: Model;
  readonly loaded: LoadedModel;
}

async function evaluateDetector({
  engine,
  model,
  loaded,
  coco,
  options,
}: Evaluation & { coco: string; options: EvaluateOptions }): Promise<void> {
  const set = await readCocoSet(coco);
  const named = options.labels === undefined ? undefined : await readLabels(options.labels);
  const { found, invokeMs } = await detectAll(engine, loaded, set, categories(set, named));
  const result = cocoMap(set.truths, found);
  print({ file: model.name, loaded, set, invokeMs, result }, options.json === true);
}

async function evaluateClassifier({
  engine,
  model,
  loaded,
  imageDir,
  json,
}: Evaluation & { imageDir: string; json: boolean }): Promise<void> {
  const result = await evaluateClassFolders(engine, { model, loaded }, imageDir);
  const medianMs = median(result.invokeMs);
  if (json) {
    const { invokeMs: _, ...figures } = result;
    const head = { model: model.name, sha256: loaded.sha256, backend: loaded.backend, medianInvokeMs: medianMs };
    console.log(JSON.stringify({ ...head, ...figures, note }, undefined, 2));
    return;
  }
  console.log(classFolderText(result));
  console.log(`backend        ${loaded.backend}, median inference ${medianMs.toFixed(1)} ms\n\n${note}`);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function print(
  facts: { file: string; loaded: LoadedModel; set: CocoSet; invokeMs: number[]; result: MeanPrecision },
  json: boolean,
): void {
  const { file, loaded, set, invokeMs, result } = facts;
  const medianMs = median(invokeMs);
  const named = result.categories.map((one) => ({ name: set.categories.get(one.category) ?? '', ...one }));
  if (json) {
    const head = { model: file, sha256: loaded.sha256, backend: loaded.backend, photos: set.pictures.length };
    console.log(
      JSON.stringify({ ...head, medianInvokeMs: medianMs, ...result, categories: named, note }, undefined, 2),
    );
    return;
  }
  const rows = named.map(({ name, truths, ap, ap50 }) => [name, truths, ap.toFixed(3), ap50.toFixed(3)]);
  console.log(table(['category', 'boxes', 'AP', 'AP50'], rows));
  console.log(`\nmAP@[.50:.95]  ${result.map.toFixed(4)}\nAP50           ${result.ap50.toFixed(4)}`);
  console.log(`photos         ${set.pictures.length}, ${result.categories.length} categories`);
  console.log(`backend        ${loaded.backend}, median inference ${medianMs.toFixed(1)} ms`);
  console.log(`\n${note}`);
}
