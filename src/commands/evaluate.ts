/** `goby evaluate`: a detector's mean average precision on annotated photos, by the COCO definition. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { type CocoPicture, type CocoSet, readCocoSet } from '../compare/coco-annotations.ts';
import { cocoMap, type FoundBox, type MeanPrecision } from '../compare/coco-map.ts';
import { ssdBoxes } from '../compare/ssd-boxes.ts';
import { findPlaces } from '../config/places.ts';
import { InputError, sentence } from '../errors.ts';
import type { Engine, LoadedModel } from '../infer/engine.ts';
import { createWorkerEngine } from '../infer/worker-engine.ts';
import { createLogger } from '../logger.ts';
import { readLabels } from '../models/labels.ts';
import { modelFromPath } from '../models/own-model.ts';
import { wholeOption } from './number-options.ts';
import { startProgress } from './progress.ts';
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

/** Category id of a class index. With labels by name, else by COCO's numbering, which starts at 1. */
function categories(set: CocoSet, labels: readonly string[] | undefined): (classIndex: number) => number {
  if (labels === undefined) return (classIndex) => classIndex + 1;
  const byName = new Map([...set.categories].map(([id, name]) => [name, id]));
  if (!labels.some((label) => byName.has(label))) {
    throw new InputError('None of the labels is the name of a category of the photos.');
  }
  return (classIndex) => byName.get(labels[classIndex] ?? '') ?? -1;
}

async function detectAll(
  engine: Engine,
  loaded: LoadedModel,
  set: CocoSet,
  categoryOf: (classIndex: number) => number,
): Promise<{ found: FoundBox[]; invokeMs: number[] }> {
  const progress = startProgress('evaluating', set.pictures.length);
  const found: FoundBox[] = [];
  const invokeMs: number[] = [];
  for (const [at, picture] of set.pictures.entries()) {
    const result = await engine.infer(loaded.name, [await pixelsFor(picture, loaded)]);
    invokeMs.push(result.invokeMs);
    for (const { classIndex, score, top, left, bottom, right } of ssdBoxes(result.outputs, loaded.name)) {
      const { widthPx, heightPx } = picture;
      found.push({
        image: picture.id,
        category: categoryOf(classIndex),
        score,
        box: [left * widthPx, top * heightPx, (right - left) * widthPx, (bottom - top) * heightPx],
      });
    }
    progress.update(at + 1, basename(picture.file));
  }
  progress.end();
  return { found, invokeMs };
}

/** The whole photo, stretched to the input, as COCO models are trained. */
async function pixelsFor(picture: CocoPicture, loaded: LoadedModel): Promise<Uint8Array> {
  const [spec] = loaded.inputs;
  const [, height = 0, width = 0] = spec!.shape;
  const pixels = await decode(picture.file, width, height);
  if (spec!.type === 'float32') return new Uint8Array(Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1).buffer);
  return spec!.type === 'int8' ? pixels.map((pixel) => pixel - 128) : pixels;
}

async function decode(file: string, width: number, height: number): Promise<Uint8Array> {
  try {
    const input = await readFile(file);
    return await sharp(input)
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    throw new InputError(`${file} can't be read as a photo: ${sentence(error)}.`, { cause: error });
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
