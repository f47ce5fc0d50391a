/** The models that goby builds itself, from graphs in npm packages: how each is cut, what its input means, what it gives. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, sentence } from '../../errors.ts';
import type { Engine } from '../../flow/infer/engine.ts';
import { writeModel } from '../../models/tflite-file/write-model.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { openPhotos } from '../photos/calibration-photos.ts';
import { convertGraph } from './convert-graph.ts';
import type { DetectionRequest } from './detections.ts';
import type { CutOptions } from './import-graph.ts';
import { checkAgreement } from './quantize/check-agreement.ts';
import { compareWithFloat } from './quantize/compare-with-float.ts';
import { openCalibration } from './quantize/kept-calibration.ts';
import type { Range } from './quantize/ranges.ts';
import { readTensorflowJs } from './sources/tensorflow-js.ts';

interface Recipe {
  /** Below the folder of the graph. */
  readonly graph: string;
  readonly cut: CutOptions;
  /** Real values of a pixel of 0 and of 255. */
  readonly inputRange: Range;
  readonly isQuantized: boolean;
  readonly detections?: DetectionRequest;
  /** A file of models/, so that the model is the same on every machine; absent: the photos are calibrated with. */
  readonly calibration?: string;
}

export const recipes = {
  /** 90 classes; class index = line of coco_labels.txt. */
  'ssdlite-mobilenet-v2-coco': {
    graph: 'model.json',
    cut: {
      // Before it, a loop resizes each picture of a batch: goby does that itself.
      inputs: ['Preprocessor/sub'],
      inputShapes: [[1, 300, 300, 3]],
      outputs: ['Squeeze', 'Postprocessor/convert_scores'],
    },
    inputRange: { low: -1, high: 1 },
    isQuantized: true,
    detections: { maxDetections: 20, anchors: 'Postprocessor/ExpandDims' },
    calibration: 'ssdlite_mobilenet_v2_coco_calibration.json',
  },
  /** Outputs: gender [1,1] (below 0.5 female), age [1,100] (probability of each year). */
  'face-gender-age': {
    graph: 'faceres.json',
    cut: { inputs: ['input_1'], outputs: ['gender_pred/Sigmoid', 'age_pred/Softmax'] },
    inputRange: { low: 0, high: 255 },
    isQuantized: false,
  },
  /** Grey picture in; angry, disgust, fear, happy, sad, surprise, neutral out. */
  'face-emotion': {
    graph: 'emotion.json',
    cut: { inputs: ['input_1'] },
    inputRange: { low: -1, high: 1 },
    isQuantized: false,
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof recipes;

export interface BuildOptions {
  readonly recipe: RecipeName;
  /** Folder of the unpacked package that holds the graph and its weights. */
  readonly graphFolder: string;
  /** Folder with the calibrations of recipes: models/ of goby. */
  readonly calibrations: string;
  /** Folder of photos to check with; not needed for models that stay in float. */
  readonly photos: string;
  /** Path of the .tflite to write: it shows the old file or the whole new one. */
  readonly output: string;
  readonly engine: Engine;
  /** @param done 0..1 */
  readonly onProgress?: ((done: number, step: string) => void) | undefined;
}

export interface BuiltModel {
  readonly path: string;
  readonly bytes: number;
  /** Cosine between the raw outputs in 8 bits and in float on the photos, by output; empty for float models. */
  readonly agreement: Readonly<Record<string, number>>;
}

/**
 * Converts, calibrates, checks against the float graph, and only then writes.
 * @throws InputError when the graph or the photos aren't what the recipe wants; nothing is written then
 */
export async function buildModel(options: BuildOptions): Promise<BuiltModel> {
  const { graphFolder, calibrations, photos, output, engine, onProgress } = options;
  const recipe: Recipe = recipes[options.recipe];
  const { inputRange } = recipe;
  onProgress?.(0, 'reading the graph');
  const file = join(graphFolder, recipe.graph);
  const def = await readTensorflowJs(file, await readJson(file));
  const calibration =
    recipe.calibration === undefined ? undefined : await openCalibration(join(calibrations, recipe.calibration));
  const { model, graph, quantized } = await convertGraph(def, {
    cut: recipe.cut,
    detections: recipe.detections,
    inputRange,
    ...(recipe.isQuantized
      ? {
          quantize: {
            engine,
            photos: (shape, range) => openPhotos(photos, shape, range),
            method: 'average',
            inputType: 'UINT8',
            calibration,
            onPhoto: (done, total) => onProgress?.(0.1 + (0.4 * done) / total, 'calibrating'),
          },
        }
      : {}),
  });
  const agreement: Record<string, number> = {};
  if (quantized !== undefined) {
    const total = quantized.photos.count;
    const onPhoto = (done: number) => onProgress?.(0.5 + (0.4 * done) / total, 'checking');
    const { outputs } = await compareWithFloat({ graph, engine, ...quantized, onPhoto });
    checkAgreement(outputs);
    for (const { output: name, cosine } of outputs) agreement[name] = cosine;
  }
  onProgress?.(0.9, 'writing');
  const bytes = writeModel(model);
  await putBytes(bytes, output);
  onProgress?.(1, 'done');
  return { path: output, bytes: bytes.length, agreement };
}

/** The default detector: SSDLite MobileNet V2 of COCO, in 8 bits. */
export function convertDefaultModel(options: Omit<BuildOptions, 'recipe'>): Promise<BuiltModel> {
  return buildModel({ ...options, recipe: 'ssdlite-mobilenet-v2-coco' });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file} can't be read: ${sentence(error)}.`, { cause: error });
  }
}
