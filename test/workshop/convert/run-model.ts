/** Runs models in tests: TensorFlow Lite through the real worker, and TensorFlow.js beside it as the reference. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { Engine, LoadedModel } from '../../../src/flow/infer/engine.ts';
import { createWorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import { silentLogger } from '../../../src/logger.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import type { CalibrationPhotos } from '../../../src/workshop/photos/calibration-photos.ts';
import { places } from '../../requiring.ts';
import type { TinyGraph } from './tiny-graph.ts';

export function createEngine(): Engine {
  return createWorkerEngine({
    config: { threads: 1, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
    library: places.runtimeLibrary,
    logger: silentLogger,
  });
}

export interface ModelRun {
  readonly loaded: LoadedModel;
  /** Each output in float, as the model gives it. */
  readonly outputs: readonly Float32Array[];
}

/** Inputs in memory as photos. */
export function photosOf(inputs: readonly Float32Array[]): CalibrationPhotos {
  return {
    count: inputs.length,
    leftOut: new Set(),
    inputs: async function* () {
      yield* inputs;
    },
  };
}

let count = 0;

let turn: Promise<unknown> = Promise.resolve();

/**
 * One model after the other, also where tests run side by side.
 * @param input bytes of the one input
 */
export function runModel(...order: Parameters<typeof runNow>): Promise<ModelRun> {
  const own = turn.then(() => runNow(...order));
  turn = own.catch(() => undefined);
  return own;
}

async function runNow(engine: Engine, folder: string, model: TfliteModel, input: Uint8Array): Promise<ModelRun> {
  const name = `test-${process.pid}-${count++}`;
  const path = join(folder, `${name}.tflite`);
  const bytes = writeModel(model);
  await writeFile(path, bytes);
  const loaded = await engine.load({
    name,
    cpu: { path, sha256: createHash('sha256').update(bytes).digest('hex') },
  });
  const { outputs } = await engine.infer(name, [input]);
  return { loaded, outputs: outputs.map(({ bytes: raw }) => new Float32Array(new Uint8Array(raw).buffer)) };
}

export interface Reference {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What TensorFlow.js gives for one output of the graph; one graph after the other. */
export function reference(...order: Parameters<typeof referenceNow>): Promise<Reference> {
  const own = referenceTurn.then(() => referenceNow(...order));
  referenceTurn = own.catch(() => undefined);
  return own;
}

let referenceTurn: Promise<unknown> = Promise.resolve();

async function referenceNow(
  graph: TinyGraph,
  input: { name: string; shape: readonly number[]; values: Float32Array },
  output: string,
): Promise<Reference> {
  await tf.setBackend('cpu');
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: graph.json().modelTopology,
      weightSpecs: graph.weightSpecs as tf.io.WeightsManifestEntry[],
      weightData: new Uint8Array(graph.weightBytes).buffer,
    }),
  });
  const result = model.execute({ [input.name]: tf.tensor(input.values, [...input.shape]) }, output) as tf.Tensor;
  return { shape: result.shape, values: (await result.data()) as Float32Array };
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}
