/**
 * Gender, age and emotion of the faces on the sample photos beside the original graphs in TensorFlow.js, on the same crops.
 *   node --import tsx test/flow/second-stage/compare-with-tensorflow-js.ts FOLDER
 * FOLDER: models of the npm package @vladmandic/human@3.3.6. Needs `goby models pull face-gender-age face-emotion` first.
 * Exit code 1 when an output differs by more than the bar.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { configFrom } from '../../../src/config/config-options.ts';
import { secondStageSection } from '../../../src/config/second-stage-section.ts';
import { photoFrame } from '../../../src/flow/capture/photo-frame.ts';
import { createWorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import type { Estimate } from '../../../src/flow/interpret/detection.ts';
import { createModelRunner } from '../../../src/flow/model-runner.ts';
import { createCropEstimator } from '../../../src/flow/second-stage/crop-estimator.ts';
import { silentLogger } from '../../../src/logger.ts';
import { resolveModel } from '../../../src/models/resolve.ts';
import { table } from '../../../src/terminal/table.ts';

/** Float on both sides: what remains is the order of sums, and float16 weights spelt out. */
const bar = 1e-3;
const folder = process.argv[2] ?? '.';
const { config, places } = configFrom({});
const engine = createWorkerEngine({
  config: { ...config.infer, edgetpu: 'off', deadlineMs: 60_000 },
  library: places.runtimeLibrary,
  logger: silentLogger,
});
const load = async (name: string) => {
  const model = await resolveModel({ name, config: config.models, places });
  return { model, loaded: await engine.load(model.pair), engine };
};

async function graphOf(name: string) {
  const json = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
  const weights = await readFile(join(folder, json.weightsManifest[0].paths[0]));
  return loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: new Uint8Array(weights).buffer,
    }),
  });
}

try {
  await tf.ready();
  const faces = await load('face-detection-short-range');
  const finder = createModelRunner({ ...faces, config: { fit: 'letterbox', minScore: 0.5, maxDetections: 20 } });
  const stage = (name: string) => secondStageSection.parse({ models: [{ model: name }] }).models[0]!;
  const genderAge = createCropEstimator({ config: stage('face-gender-age'), ...(await load('face-gender-age')) });
  const emotion = createCropEstimator({ config: stage('face-emotion'), ...(await load('face-emotion')) });
  const original = { genderAge: await graphOf('faceres'), emotion: await graphOf('emotion') };
  const labels = (await readFile(join(places.root, 'models', 'emotion_labels.txt'), 'utf8')).trim().split('\n');

  const rows: (string | number)[][] = [];
  let worst = 0;
  for (const name of (await readdir(places.photos)).filter((one) => one.endsWith('.jpg')).sort()) {
    const frame = await photoFrame(join(places.photos, name), 1);
    const tensor = await finder.preprocess(frame);
    for (const { box } of finder.interpret(await finder.infer(tensor), tensor)[0]!) {
      const crop = await genderAge.cut(frame, box!);
      const pixels = new Float32Array(crop.bytes.slice().buffer);
      const [gender, age] = (await genderAge.estimate(crop)) as [Estimate, Estimate];
      const input = tf.tensor(pixels, [1, 224, 224, 3]);
      const [male, years] = original.genderAge.execute(input, ['gender_pred/Sigmoid', 'age_pred/Softmax']) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const expectedMale = male.dataSync()[0]!;
      const expectedAge = [...years.dataSync()].reduce((sum, share, year) => sum + share * year, 0);
      const foundMale = gender.value === 'male' ? gender.score! : 1 - gender.score!;

      const grey = await emotion.cut(frame, box!);
      const greyPixels = new Float32Array(grey.bytes.slice().buffer);
      const [mood] = (await emotion.estimate(grey)) as [Estimate];
      const moods = [...(original.emotion.execute(tf.tensor(greyPixels, [1, 64, 64, 1])) as tf.Tensor).dataSync()];
      const best = moods.indexOf(Math.max(...moods));

      const differences = [
        Math.abs(foundMale - expectedMale),
        Math.abs((age.value as number) - expectedAge) / 100,
        labels[best] === mood.value ? Math.abs(mood.score! - moods[best]!) : 1,
      ];
      worst = Math.max(worst, ...differences);
      rows.push([
        name,
        `${gender.value} ${gender.score!.toFixed(3)}`,
        expectedMale <= 0.5 ? `female ${(1 - expectedMale).toFixed(3)}` : `male ${expectedMale.toFixed(3)}`,
        (age.value as number).toFixed(2),
        expectedAge.toFixed(2),
        `${mood.value} ${mood.score!.toFixed(3)}`,
        `${labels[best]} ${moods[best]!.toFixed(3)}`,
      ]);
    }
    tensor.release();
  }
  console.log(table(['photo', 'gender', 'TensorFlow.js', 'age', 'TensorFlow.js', 'emotion', 'TensorFlow.js'], rows));
  console.log(`\nworst difference ${worst.toExponential(2)} (age as a share of 100 years), at most ${bar}`);
  process.exitCode = worst <= bar ? 0 : 1;
} finally {
  await engine.stop();
}
