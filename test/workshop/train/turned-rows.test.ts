/** Turned rows: shorter, and the same in every product. */
import test from 'ava';
import { dot, type FeatureSet } from '../../../src/workshop/train/feature-set.ts';
import { predict } from '../../../src/workshop/train/head.ts';
import { mulberry32, trainHead } from '../../../src/workshop/train/softmax-regression.ts';
import { turnRows } from '../../../src/workshop/train/turned-rows.ts';

function randomRows(count: number, size: number, seed: number): Float32Array[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, () => random() - 0.5));
}

test('products between rows stay what they were, and a vector leads back', (t) => {
  const rows = randomRows(20, 100, 1);
  const turned = turnRows(rows);
  t.is(turned.rows[0]!.length, 20);
  for (const [at, row] of rows.entries()) {
    for (const [other, twin] of rows.entries()) {
      t.true(Math.abs(dot(row, twin, 0) - dot(turned.rows[at]!, turned.rows[other]!, 0)) < 1e-4);
    }
  }
  const [vector] = randomRows(1, 20, 2);
  const back = turned.back(vector!);
  for (const [at, row] of rows.entries()) {
    t.true(Math.abs(dot(row, back, 0) - dot(turned.rows[at]!, vector!, 0)) < 1e-4);
  }
});

test('copies and sums of other rows add no dimension', (t) => {
  const [one, other] = randomRows(2, 50, 3) as [Float32Array, Float32Array];
  const sum = one.map((value, at) => value + other[at]!);
  t.is(turnRows([one, other, one.slice(), sum, new Float32Array(50)]).rows[0]!.length, 2);
});

test('a head learned from turned rows says what one from plain rows says', (t) => {
  // The features past the first 30 say nothing; with 30 alone there are too few for the rows to be turned.
  const set = (size: number): FeatureSet => ({
    size,
    rows: randomRows(40, 30, 4).map((row) => Float32Array.from({ length: size }, (_, at) => row[at] ?? 0)),
    labels: Array.from({ length: 40 }, (_, at) => at % 3),
  });
  const none: FeatureSet = { size: 0, rows: [], labels: [] };
  const common = { classes: 3, learningRate: 0.01, batchSize: 16, steps: 100, evalInterval: 50 };
  const [turned, plain] = [400, 30].map((size) =>
    predict(trainHead(set(size), none, { ...common, validationBatchSize: -1, weightDecay: 0.1 }).head, set(size).rows),
  );
  for (const [at, probabilities] of plain!.entries()) {
    for (const [label, value] of probabilities.entries()) t.true(Math.abs(value - turned![at]![label]!) < 1e-3);
  }
});
