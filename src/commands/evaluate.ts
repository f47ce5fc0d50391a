/** `goby evaluate`: how good a model is on photos whose truth is known: a detector by COCO's measure, a classifier by accuracy. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { ConfigError } from '../errors.ts';
import type { Engine, LoadedModel } from '../flow/infer/engine.ts';
import { openEngine } from '../flow/infer/open-engine.ts';
import { createLogger } from '../logger.ts';
import { fitOf } from '../models/fit.ts';
import type { Fit, Model } from '../models/model.ts';
import { resolveModel } from '../models/resolve.ts';
import { wholeOption } from '../terminal/number-options.ts';
import { table } from '../terminal/table.ts';
import { classFolderText, evaluateClassFolders } from '../workshop/evaluate/class-folders.ts';
import { type CocoSet, readCocoSet } from '../workshop/evaluate/coco-annotations.ts';
import { categories, detectAll } from '../workshop/evaluate/coco-detections.ts';
import { cocoMap, type MeanPrecision } from '../workshop/evaluate/coco-map.ts';
import { addFitOption, type FitOptions } from './options/fit-option.ts';

interface EvaluateOptions extends ConfigOptions, FitOptions {
  readonly model: string;
  readonly coco?: string;
  readonly imageDir?: string;
  readonly labels?: string;
  readonly threads: number;
  readonly json?: boolean;
}

const note = 'Photos that a model was trained on serve relative comparison only.';

export function evaluateCommand(): Command {
  return addFitOption(addConfigOptions(new Command('evaluate')))
    .description('measure a model on photos whose truth is known: mean average precision, or accuracy')
    .requiredOption('--model <model>', 'catalog name, name of models.own, or the path of a .tflite file')
    .option('--coco <folder>', 'for detectors: folder with images/ and instances.json')
    .option('--image-dir <folder>', 'for classifiers: folder with one folder of photos per class')
    .option('--labels <file>', 'label file; a detector without labels: its class 0 is COCO category 1, and so on')
    .option('--threads <number>', 'threads of one inference', wholeOption('--threads', 1, 8), 1)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  goby evaluate --model detector.tflite --coco coco80\n  goby evaluate --model pikachu.tflite --image-dir new-photos\n\nPhotos that a model was trained on serve relative comparison only: two models on the same photos.',
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const { coco, imageDir } = options;
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
  const engine = openEngine(
    loadedConfig,
    createLogger({ part: 'evaluate', threshold: { level: 'error' }, format: 'text', write: console.error }),
    { infer: { threads: options.threads, edgetpu: 'off', deadlineMs: 60_000 } },
  );
  try {
    const loaded = await engine.load(model.pair);
    if (coco !== undefined) await evaluateDetector({ engine, model, loaded, coco, options });
    else await evaluateClassifier({ engine, model, loaded, imageDir: imageDir!, options });
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
  const categoryOf = categories(set, model.labels);
  const { found, invokeMs } = await detectAll({ engine, model, loaded, set, categoryOf, fit: options.fit });
  const result = cocoMap(set.truths, found);
  print({ model, fit: fitOf(model, options.fit), loaded, set, invokeMs, result }, options.json === true);
}

async function evaluateClassifier({
  engine,
  model,
  loaded,
  imageDir,
  options,
}: Evaluation & { imageDir: string; options: EvaluateOptions }): Promise<void> {
  const result = await evaluateClassFolders(engine, { model, loaded, fit: options.fit }, imageDir);
  const medianMs = median(result.invokeMs);
  const fit = fitOf(model, options.fit);
  if (options.json === true) {
    const { invokeMs: _, ...figures } = result;
    const head = { model: model.name, sha256: loaded.sha256, backend: loaded.backend, fit, medianInvokeMs: medianMs };
    console.log(JSON.stringify({ ...head, ...figures, note }, undefined, 2));
    return;
  }
  console.log(classFolderText(result));
  console.log(`fit            ${fit}`);
  console.log(`backend        ${loaded.backend}, median inference ${medianMs.toFixed(1)} ms\n\n${note}`);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function print(
  facts: { model: Model; fit: Fit; loaded: LoadedModel; set: CocoSet; invokeMs: number[]; result: MeanPrecision },
  json: boolean,
): void {
  const { model, fit, loaded, set, invokeMs, result } = facts;
  const medianMs = median(invokeMs);
  const named = result.categories.map((one) => ({ name: set.categories.get(one.category) ?? '', ...one }));
  if (json) {
    const head = {
      model: model.name,
      sha256: loaded.sha256,
      backend: loaded.backend,
      fit,
      photos: set.pictures.length,
    };
    console.log(
      JSON.stringify({ ...head, medianInvokeMs: medianMs, ...result, categories: named, note }, undefined, 2),
    );
    return;
  }
  const rows = named.map(({ name, truths, ap, ap50 }) => [name, truths, ap.toFixed(3), ap50.toFixed(3)]);
  console.log(table(['category', 'boxes', 'AP', 'AP50'], rows));
  console.log(`\nmAP@[.50:.95]  ${result.map.toFixed(4)}\nAP50           ${result.ap50.toFixed(4)}`);
  console.log(`fit            ${fit}`);
  console.log(`photos         ${set.pictures.length}, ${result.categories.length} categories`);
  console.log(`backend        ${loaded.backend}, median inference ${medianMs.toFixed(1)} ms`);
  console.log(`\n${note}`);
}
