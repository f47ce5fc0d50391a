import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.ts';
import type { InferenceResult, LoadedModel } from '../../../src/flow/infer/engine.ts';
import { anchorsFor } from '../../../src/flow/interpret/blazeface.ts';
import { createInterpreter } from '../../../src/flow/interpret/interpreter.ts';
import { realValues } from '../../../src/flow/interpret/real-values.ts';
import type { TensorSpec, TensorType } from '../../../src/flow/preprocess/tensor.ts';
import type { Box } from '../../../src/geometry/boxes.ts';
import { intersectionOverUnion, suppress, toFrame, wholePlacement } from '../../../src/geometry/boxes.ts';
import type { Decoder } from '../../../src/models/model.ts';

function spec(shape: readonly number[], type: TensorType = 'float32', scale = 0, zeroPoint = 0): TensorSpec {
  return { index: 0, name: 'tensor', type, shape, scale, zeroPoint };
}

function loadedWith(outputs: readonly TensorSpec[], inputShape: readonly number[] = [1, 128, 128, 3]): LoadedModel {
  return { name: 'model', backend: 'cpu', sha256: '', inputs: [spec(inputShape)], outputs };
}

function resultOf(loaded: LoadedModel, values: readonly (readonly number[])[]): InferenceResult {
  return {
    model: loaded,
    invokeMs: 0,
    roundTripMs: 0,
    outputs: loaded.outputs.map((one, index) => ({
      spec: one,
      bytes: bytesOf(one.type, values[index]!),
    })),
  };
}

function bytesOf(type: TensorType, values: readonly number[]): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  return type === 'int8' ? new Uint8Array(Int8Array.from(values).buffer) : Uint8Array.from(values);
}

function interpret(
  decoder: Decoder,
  loaded: LoadedModel,
  values: readonly (readonly number[])[],
  labels?: readonly string[],
) {
  const model = { name: 'model', decoder, ...(labels ? { labels } : {}) };
  return createInterpreter({ model, loaded, minScore: 0.3, maxDetections: 3 })(
    resultOf(loaded, values),
    wholePlacement,
  );
}

test('a label file of another length is refused with both numbers and the mend', (t) => {
  const loaded = loadedWith([spec([1, 1001])]);
  const create = (count: number) => () =>
    createInterpreter({
      model: { name: 'm', decoder: 'classification', labels: Array(count).fill('x') },
      loaded,
      minScore: 0,
      maxDetections: 1,
    });
  t.regex(t.throws(create(1000), { instanceOf: InputError }).message, /1001 classes.*1000 lines.*background/);
  t.regex(t.throws(create(90), { instanceOf: InputError }).message, /90 lines\. Use the label file that belongs/);
  t.notThrows(create(1001));
});

test('a model without the outputs of its decoder is refused', (t) => {
  const create = (decoder: Decoder, outputs: readonly TensorSpec[]) => () =>
    createInterpreter({ model: { name: 'm', decoder }, loaded: loadedWith(outputs), minScore: 0, maxDetections: 1 });
  t.throws(create('ssd', [spec([1, 1001])]), {
    instanceOf: InputError,
    message: /TFLite_Detection_PostProcess.*got \[1, 1001\]/,
  });
  t.throws(create('blazeface', [spec([1, 896, 16])]), { instanceOf: InputError, message: /is no BlazeFace/ });
});

test('quantized probabilities stay, logits go through softmax, the best come first', (t) => {
  const quantized = loadedWith([spec([1, 4], 'uint8', 1 / 256, 0)]);
  t.deepEqual(interpret('classification', quantized, [[10, 200, 46, 0]], ['a', 'b', 'c', 'd']), [
    { label: 'b', score: 200 / 256 },
  ]);
  const logits = loadedWith([spec([1, 3])]);
  const [best, second] = interpret('classification', logits, [[5, 4.9, -20]]);
  t.is(best?.label, 'class 0');
  t.true(Math.abs(best!.score - 1 / (1 + Math.exp(-0.1))) < 1e-5);
  t.is(second?.label, 'class 1');
});

test('scores that are no numbers are left out', (t) => {
  const loaded = loadedWith([spec([1, 3])]);
  t.deepEqual(
    interpret('classification', loaded, [[Number.NaN, 0.9, 0.1]]).map(({ label }) => label),
    ['class 1'],
  );
});

test('values that lie across the alignment of their type are read all the same', (t) => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.of(0.25, 0.75).buffer), 1);
  const values = realValues({ spec: spec([2]), bytes: bytes.subarray(1) });
  t.deepEqual([values.at(0), values.at(1)], [0.25, 0.75]);
});

const ssdOutputs = [spec([1, 3, 4]), spec([1, 3]), spec([1, 3]), spec([1])];

test('SSD: boxes are turned to x first, the count and the threshold hold, nonsense is dropped', (t) => {
  const loaded = loadedWith(ssdOutputs);
  const boxes = [0.1, 0.2, 0.5, 0.6, 0, 0, 1, 1, 0.5, 0.5, 0.4, 0.4];
  t.deepEqual(interpret('ssd', loaded, [boxes, [1, 0, 0], [0.9, 0.8, 0.7], [2]], ['cat', 'dog']).map(rounded), [
    { label: 'dog', score: 0.9, box: [0.2, 0.1, 0.6, 0.5] },
    { label: 'cat', score: 0.8, box: [0, 0, 1, 1] },
  ]);
  t.is(interpret('ssd', loaded, [boxes, [1, 0, 0], [0.9, 0.8, 0.7], [3]]).length, 2, 'an inside-out box');
  t.is(interpret('ssd', loaded, [boxes, [1, 0, 0], [0.9, 0.2, Number.NaN], [3]]).length, 1);
  t.is(interpret('ssd', loaded, [boxes, [1, 0, 0], [0.9, 0.8, 0.7], [Number.NaN]]).length, 0);
});

test('SSD: outputs are found behind others, such as recurrent state', (t) => {
  const loaded = loadedWith([spec([1, 8, 8, 320]), ...ssdOutputs, spec([1, 8, 8, 320])]);
  const values = [
    Array(8 * 8 * 320).fill(0),
    [0, 0, 1, 1, ...Array(8).fill(0)],
    [0, 0, 0],
    [0.5, 0, 0],
    [1],
    Array(8 * 8 * 320).fill(0),
  ];
  t.is(interpret('ssd', loaded, values).length, 1);
});

function rounded({ label, score, box }: { label: string; score: number; box?: Box }) {
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  return { label, score: round(score), box: box?.map(round) };
}

test('BlazeFace has 896 anchors at 128 pixels and 2304 at 192, each the centre of a cell', (t) => {
  const short = anchorsFor(128);
  t.is(short.length, 896);
  t.deepEqual(short[0], [0.03125, 0.03125]);
  t.deepEqual(short[1], [0.03125, 0.03125]);
  t.deepEqual(short[2], [0.09375, 0.03125]);
  t.deepEqual(short[512], [0.0625, 0.0625]);
  t.is(anchorsFor(192).length, 2304);
  t.deepEqual(anchorsFor(200), []);
});

test('BlazeFace: a regressor moves the anchor, doubles become one', (t) => {
  const loaded = loadedWith([spec([1, 896, 16]), spec([1, 896, 1])]);
  const regressors = Array(896 * 16).fill(0);
  const scores = Array(896).fill(-50);
  // Anchors 0 and 1 share a cell: both say the same face, 32 pixels wide and high, 16 pixels right of and below their centre.
  for (const anchor of [0, 1]) {
    regressors.splice(anchor * 16, 4, 16, 16, 32, 32);
    scores[anchor] = 2;
  }
  const faces = interpret('blazeface', loaded, [regressors, scores]);
  t.deepEqual(faces.map(rounded), [{ label: 'face', score: 0.8808, box: [0.0313, 0.0313, 0.2813, 0.2813] }]);
});

const box = fc
  .tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([a, b, c, d]): Box => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);

test('intersection over union is symmetric, within 0..1, and 1 for a box with itself', (t) => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      const overlap = intersectionOverUnion(a, b);
      return overlap === intersectionOverUnion(b, a) && overlap >= 0 && overlap <= 1 + 1e-9;
    }),
  );
  t.is(intersectionOverUnion([0, 0, 1, 1], [0, 0, 1, 1]), 1);
  t.is(intersectionOverUnion([0, 0, 1, 1], [0.5, 0, 1.5, 1]), 1 / 3);
});

test('what suppression keeps never overlaps by more than the limit, and the best is always kept', (t) => {
  const candidates = fc.array(fc.record({ box, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(candidates, (all) => {
      const kept = suppress(all, 0.3);
      const apart = kept.every((a, i) => kept.slice(i + 1).every((b) => intersectionOverUnion(a.box, b.box) <= 0.3));
      return apart && kept[0]!.score === Math.max(...all.map(({ score }) => score));
    }),
  );
  t.is(suppress([], 0.3).length, 0);
});

test('a box goes back to the frame where the letterbox put it, clipped', (t) => {
  const placement = { x0: 0, y0: 0.25, x1: 1, y1: 0.75 };
  t.deepEqual(toFrame([0.1, 0.25, 0.5, 0.5], placement), [0.1, 0, 0.5, 0.5]);
  t.deepEqual(toFrame([-0.5, 0, 1.5, 1], placement), [0, 0, 1, 1]);
});
