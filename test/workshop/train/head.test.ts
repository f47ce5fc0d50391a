/** Heads: softmax regression, imprinting, what they remember, how they are judged. */
import test from 'ava';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { best, judge } from '../../../src/workshop/evaluate/verdict.ts';
import { type FeatureSet, featureRow, normalised } from '../../../src/workshop/train/feature-set.ts';
import { type Head, predict } from '../../../src/workshop/train/head.ts';
import { imprint, imprintAs } from '../../../src/workshop/train/imprinting.ts';
import { classWeights, mulberry32, trainHead } from '../../../src/workshop/train/softmax-regression.ts';
import {
  readTrainingRecord,
  rememberExamples,
  withTrainingRecord,
} from '../../../src/workshop/train/training-record.ts';

const size = 24;

/** Rows around one direction per class. `noise` 1 is as long as the direction itself. */
function clouds(counts: readonly number[], noise: number, seed: number): FeatureSet {
  const random = mulberry32(seed);
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for (const [label, count] of counts.entries()) {
    for (let at = 0; at < count; at++) {
      const row = Float32Array.from(
        { length: size },
        (_, place) => (place === label ? 1 : 0) + (random() - 0.5) * noise,
      );
      rows.push(normalised(row));
      labels.push(label);
    }
  }
  return { size, rows, labels };
}

function accuracy(head: Head, set: FeatureSet): number {
  const right = predict(head, set.rows).filter((probabilities, at) => best(probabilities) === set.labels[at]);
  return right.length / set.rows.length;
}

const options = {
  classes: 3,
  learningRate: 0.01,
  batchSize: 50,
  steps: 200,
  evalInterval: 10,
  validationBatchSize: -1,
};

test('softmax regression learns what can be told apart, and does the same every time', (t) => {
  const training = clouds([60, 60, 60], 1, 1);
  const validation = clouds([20, 20, 20], 1, 2);
  const trained = trainHead(training, validation, options);
  t.true(accuracy(trained.head, clouds([50, 50, 50], 1, 3)) > 0.95);
  t.deepEqual(trainHead(training, validation, options).head, trained.head);
  t.true(trained.loss < Math.log(3) / 2);
});

test('the head is that of the last step, not of the one that a few validation photos like best', (t) => {
  const training = clouds([15, 15, 15], 4, 6);
  const validation = clouds([4, 4, 4], 4, 7);
  const once = { ...options, weightDecay: 0.03, steps: 150 };
  const { head, steps, curve } = trainHead(training, validation, once);
  t.true(curve.some(({ validationLoss }) => validationLoss < curve.at(-1)!.validationLoss));
  t.is(steps, 150);
  const none: FeatureSet = { size, rows: [], labels: [] };
  t.deepEqual(trainHead(training, none, { ...once, evalInterval: 150 }).head, head);
});

test('training stops early when the validation set gains nothing more', (t) => {
  const training = clouds([15, 15, 15], 4, 6);
  const validation = clouds([60, 60, 60], 4, 7);
  const { steps, curve } = trainHead(training, validation, { ...options, weightDecay: 0, steps: 5000 });
  t.true(steps < 5000);
  t.true(curve.at(-1)!.step < 5000);
});

test('rare classes count more', (t) => {
  t.deepEqual(classWeights([0, 0, 0, 1], 2), [2 / 3, 2]);
  t.deepEqual(classWeights([0, 0], 2), [1, 1]);
  const uneven = clouds([300, 6, 6], 2.5, 8);
  const { head } = trainHead(uneven, clouds([10, 10, 10], 2.5, 9), options);
  t.true(accuracy(head, clouds([50, 50, 50], 2.5, 10)) > 0.5);
});

test('the row of a photo is the square roots of its features, with their signs, of length 1', (t) => {
  const row = featureRow(Float32Array.of(4, 0, 9, -1));
  const length = Math.sqrt(4 + 9 + 1);
  for (const [at, expected] of [2, 0, 3, -1].entries()) t.true(Math.abs(row[at]! - expected / length) < 1e-5);
  t.deepEqual([...featureRow(new Float32Array(3))], [0, 0, 0]);
});

test('imprinted weights are the directions of the classes', (t) => {
  const training = clouds([5, 5, 5], 0.5, 11);
  const { head, sharpness } = imprint(training, clouds([5, 5, 5], 0.5, 12), 3);
  t.is(accuracy(head, clouds([50, 50, 50], 0.5, 13)), 1);
  t.true([0, 1, 2].every((label) => best(head.weights.subarray(label * size, (label + 1) * size)) === label));
  t.deepEqual(imprintAs(training, 3, sharpness), head);
});

const bare = { version: 3, operatorCodes: [], subgraphs: [], buffers: [new Uint8Array()] } as unknown as TfliteModel;

test('examples in the file stand for photos that are gone', (t) => {
  const training = clouds([80, 3, 40], 1, 14);
  const examples = rememberExamples(training, 3);
  t.deepEqual(
    [0, 1, 2].map((label) => examples.labels.filter((one) => one === label).length),
    [32, 3, 32],
  );
  const record = { architecture: 'a', baseSha256: 'ab'.repeat(32), labels: ['x', 'y', 'z'], examples };
  const read = readTrainingRecord(withTrainingRecord(bare, record), 'm.tflite');
  t.deepEqual(read.labels, ['x', 'y', 'z']);
  t.deepEqual(read.examples.labels, examples.labels);
  const cosines = read.examples.rows.map((row, at) =>
    row.reduce((sum, value, place) => sum + value * examples.rows[at]![place]!, 0),
  );
  t.true(Math.min(...cosines) > 0.999);
});

test('models of others, and damaged records, are told apart from ours', (t) => {
  t.throws(() => readTrainingRecord(bare, 'm.tflite'), { message: /m\.tflite was not made by goby train/ });
  const damaged = {
    ...bare,
    buffers: [new Uint8Array(), Buffer.from('{"format":1')],
    metadata: [{ name: 'goby.training', buffer: 1 }],
  } as unknown as TfliteModel;
  t.throws(() => readTrainingRecord(damaged, 'm.tflite'), { message: /damaged record/ });
});

test('a verdict counts, and puts the surest mistakes first', (t) => {
  const answers = [
    { photo: 'a', truth: 0, probabilities: [0.9, 0.1] },
    { photo: 'b', truth: 0, probabilities: [0.4, 0.6] },
    { photo: 'c', truth: 0, probabilities: [0.1, 0.9] },
    { photo: 'd', truth: 1, probabilities: [0.2, 0.8] },
  ];
  const verdict = judge(answers, 3);
  t.is(verdict.accuracy, 0.5);
  t.deepEqual(verdict.confusion, [
    [1, 2, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  t.deepEqual(
    verdict.mistakes.map(({ photo }) => photo),
    ['c', 'b'],
  );
  t.deepEqual(verdict.classes[0], { photos: 3, precision: 1, recall: 1 / 3 });
  t.deepEqual(verdict.classes[2], { photos: 0, precision: undefined, recall: undefined });
  t.is(judge([], 2).accuracy, undefined);
});
