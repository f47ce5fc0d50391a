import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { InferenceResult, LoadedModel } from '../../../src/flow/infer/engine.ts';
import { createEstimator } from '../../../src/flow/interpret/estimator.ts';

const sha256 = 'c'.repeat(64);

function loadedWith(...shapes: readonly (readonly number[])[]): LoadedModel {
  const outputs = shapes.map((shape, index) => ({
    index,
    name: `out${index}`,
    type: 'float32' as const,
    shape,
    scale: 0,
    zeroPoint: 0,
  }));
  return { name: 'm', backend: 'xnnpack', sha256, inputs: [], outputs };
}

function result(loaded: LoadedModel, ...values: readonly (readonly number[])[]): InferenceResult {
  const outputs = loaded.outputs.map((spec, position) => ({
    spec,
    bytes: new Uint8Array(Float32Array.from(values[position]!).buffer),
  }));
  return { model: loaded, outputs, invokeMs: 1, roundTripMs: 1 };
}

/** A softmax over years with its weight on two of them. */
function years(shares: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 100 }, (_, year) => shares[year] ?? 0);
}

test('a classifier gives its best label under the configured name', (t) => {
  const loaded = loadedWith([1, 3]);
  const model = { name: 'moods', decoder: 'classification' as const, labels: ['sad', 'happy', 'neutral'] };
  const estimate = createEstimator({ model, loaded, name: 'emotion' });
  const [found, ...more] = estimate(result(loaded, [0.25, 0.5, 0.25]));
  t.deepEqual(found, { name: 'emotion', value: 'happy', score: 0.5, model: 'moods', modelSha256: sha256 });
  t.deepEqual(more, []);
});

for (const order of ['gender first', 'age first'] as const) {
  test(`gender and age are found by the shape of their outputs: ${order}`, (t) => {
    const shapes: [number[], number[]] = [
      [1, 1],
      [1, 100],
    ];
    const values: [number[], number[]] = [[0.2], years({ 30: 0.5, 40: 0.5 })];
    const loaded = order === 'gender first' ? loadedWith(...shapes) : loadedWith(...shapes.toReversed());
    const model = { name: 'faces', decoder: 'gender-age' as const };
    const estimate = createEstimator({ model, loaded, name: 'unused' });
    const [gender, age] = estimate(result(loaded, ...(order === 'gender first' ? values : values.toReversed())));
    t.like(gender, { name: 'gender', value: 'female' });
    t.true(Math.abs(gender!.score! - 0.8) < 1e-6);
    t.like(age, { name: 'age', value: 35 });
    t.is(age!.score, undefined);
  });
}

test('an output that is no number gives no estimate', (t) => {
  const loaded = loadedWith([1, 1], [1, 100]);
  const estimate = createEstimator({ model: { name: 'faces', decoder: 'gender-age' }, loaded, name: '' });
  t.deepEqual(estimate(result(loaded, [Number.NaN], years({}))), []);
});

test('models that find boxes, and outputs that are not gender and age, are refused in a sentence', (t) => {
  const detector = { name: 'boxes', decoder: 'ssd' as const };
  const error = t.throws(() => createEstimator({ model: detector, loaded: loadedWith([1, 10, 4]), name: '' }));
  t.true(error instanceof InputError);
  t.regex(error!.message, /finds things with boxes/);
  t.throws(
    () => createEstimator({ model: { name: 'x', decoder: 'gender-age' }, loaded: loadedWith([1, 7]), name: '' }),
    { message: /expected outputs \[1, 1\] and \[1, 100\], found \[1, 7\]/ },
  );
  const labels = ['only one'];
  t.throws(
    () =>
      createEstimator({
        model: { name: 'x', decoder: 'classification', labels },
        loaded: loadedWith([1, 7]),
        name: '',
      }),
    { message: /tells 7 classes apart, but its label file has 1/ },
  );
});
