/** `goby evaluate`: a detector's mean average precision on annotated photos, by the COCO definition. */
import { Command } from 'commander';
import { type CocoSet, readCocoSet } from '../compare/coco-annotations.ts';
import { cocoMap, type MeanPrecision } from '../compare/coco-map.ts';
import { findPlaces } from '../config/places.ts';
import type { LoadedModel } from '../infer/engine.ts';
import { createWorkerEngine } from '../infer/worker-engine.ts';
import { createLogger } from '../logger.ts';
import { readLabels } from '../models/labels.ts';
import { modelFromPath } from '../models/own-model.ts';
import { categories, detectAll } from './evaluate/coco-detections.ts';
import { wholeOption } from './number-options.ts';
import { table } from './table.ts';

interface EvaluateOptions {
  readonly model: string;
  readonly coco: string;
  readonly labels?: string;
  readonly threads: number;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('measure a detector on annotated photos: mean average precision by the COCO definition')
    .requiredOption('--model <file>', '.tflite detector with TFLite_Detection_PostProcess')
    .requiredOption('--coco <folder>', 'folder with images/ and instances.json')
    .option('--labels <file>', 'label file; without it class 0 is COCO category 1, and so on')
    .option('--threads <number>', 'threads of one inference', wholeOption('--threads', 1, 8), 1)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  goby evaluate --model detector.tflite --coco coco80\n\nPhotos that a model was trained on serve relative comparison only: two models on the same photos.',
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const set = await readCocoSet(options.coco);
  const model = await modelFromPath(options.model, options.labels);
  const categoryOf = categories(set, options.labels === undefined ? undefined : await readLabels(options.labels));
  const places = findPlaces();
  const engine = createWorkerEngine({
    config: { threads: options.threads, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
    library: places.runtimeLibrary,
    logger: createLogger({ part: 'evaluate', threshold: { level: 'error' }, format: 'text', write: console.error }),
  });
  try {
    const loaded = await engine.load(model.pair);
    const { found, invokeMs } = await detectAll(engine, loaded, set, categoryOf);
    print({ file: options.model, loaded, set, invokeMs, result: cocoMap(set.truths, found) }, options.json === true);
  } finally {
    await engine.stop();
  }
}

function print(
  facts: { file: string; loaded: LoadedModel; set: CocoSet; invokeMs: number[]; result: MeanPrecision },
  json: boolean,
): void {
  const { file, loaded, set, invokeMs, result } = facts;
  const medianMs = invokeMs.toSorted((a, b) => a - b)[Math.floor(invokeMs.length / 2)] ?? 0;
  const note = 'Photos that a model was trained on serve relative comparison only.';
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
