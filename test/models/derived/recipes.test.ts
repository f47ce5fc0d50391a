/** Each recipe on small graphs: what it rewrites, what it leaves, and why. */
import test from 'ava';
import { applyRecipes } from '../../../src/models/derived/apply-recipes.ts';
import { floatRows } from '../../../src/models/derived/float-rows.ts';
import { operatorVersions } from '../../../src/models/derived/operator-versions.ts';
import { quantizedDimension } from '../../../src/models/derived/quantized-dimension.ts';
import type { Recipe } from '../../../src/models/derived/recipe.ts';
import { recipes } from '../../../src/models/derived/recipes.ts';
import { constantBytes, mainGraph, type TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { denseModel } from './dense-model.ts';

function changed(recipe: Recipe, model: TfliteModel): { model: TfliteModel; changes: readonly string[] } {
  const result = recipe.apply(model);
  if ('reason' in result) throw new Error(result.reason);
  return result;
}

function reason(recipe: Recipe, model: TfliteModel): string | undefined {
  const result = recipe.apply(model);
  return 'reason' in result ? result.reason : undefined;
}

test('a version that nothing needs becomes the highest that 2.9 knows; lower ones stay', (t) => {
  const { model, changes } = changed(operatorVersions, denseModel({ version: 12, scales: [0.5] }));
  t.deepEqual(
    model.operatorCodes.map(({ builtin, version }) => [builtin, version]),
    [['FULLY_CONNECTED', 9]],
  );
  t.deepEqual(changes, ['FULLY_CONNECTED version 12 became 9']);
  t.regex(reason(operatorVersions, denseModel({ version: 9, scales: [0.5] }))!, /every operator has a version/);
});

test('a version whose feature is used stays, and the feature is named', (t) => {
  t.regex(reason(operatorVersions, denseModel({ version: 12, scales: [0.5, 1] }))!, /version 12: .* a scale a row/);
  const grouped = new GraphBuilder();
  const input = grouped.tensor([1, 4, 4, 4]);
  const filter = grouped.constant([4, 1, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1]);
  const bias = grouped.constant([4], [0, 0, 0, 0]);
  const output = grouped.tensor([1, 4, 4, 4]);
  grouped.operator('CONV_2D', [input, filter, bias], [output], { version: 6 });
  t.regex(reason(operatorVersions, grouped.model([input], [output]))!, /CONV_2D version 6: it is a grouped/);
  const narrow = new GraphBuilder();
  const half = narrow.tensor([1, 2], { type: 'INT16' });
  const sum = narrow.tensor([1, 2], { type: 'INT16' });
  narrow.operator('ADD', [half, half], [sum], { version: 5 });
  t.regex(reason(operatorVersions, narrow.model([half], [sum]))!, /ADD version 5: it takes int16 data/);
  const strange = new GraphBuilder();
  const x = strange.tensor([1]);
  strange.operator('SIGN', [x], [x], { version: 1 });
  t.regex(reason(operatorVersions, strange.model([x], [x]))!, /SIGN is newer than TensorFlow Lite 2\.9/);
  const later = new GraphBuilder();
  const y = later.tensor([1]);
  later.operator('RESHAPE', [y], [y], { version: 9 });
  t.regex(reason(operatorVersions, later.model([y], [y]))!, /RESHAPE version 9: goby doesn't know what it brought/);
});

test('one use of the feature keeps the version of all that share its code', (t) => {
  const graph = new GraphBuilder();
  const flat = graph.tensor([1, 2]);
  const deep = graph.tensor([1, 1, 1, 1, 1, 2]);
  const order = graph.constant([2], [1, 0], { type: 'INT32' });
  graph.operator('TRANSPOSE', [flat, order], [flat], { version: 6 });
  const model = graph.model([flat], [flat]);
  t.is(changed(operatorVersions, model).model.operatorCodes[0]!.version, 5);
  const main = mainGraph(model);
  const twice: TfliteModel = {
    ...model,
    subgraphs: [
      { ...main, operators: [...main.operators, { ...main.operators[0]!, inputs: [deep, order], outputs: [deep] }] },
    ],
  };
  t.regex(reason(operatorVersions, twice)!, /TRANSPOSE version 6: it works on 6 dimensions/);
});

test('8-bit rows with scales of their own become the floats that they stand for', (t) => {
  const { model, changes } = changed(floatRows, denseModel({ version: 12, scales: [0.5, 0.25] }));
  const weights = mainGraph(model).tensors[1]!;
  t.is(weights.type, 'FLOAT32');
  t.is(weights.quantization, undefined);
  const bytes = constantBytes(model, weights);
  t.deepEqual([...new Float32Array(new Uint8Array(bytes).buffer)], [0.5, -1, 1.5, 1, 1.25, -1.5]);
  t.deepEqual(changes, ['8-bit weights of FULLY_CONNECTED (2x3) became float']);
  t.regex(reason(floatRows, denseModel({ version: 9, scales: [0.5] }))!, /no FULLY_CONNECTED has a scale a row/);
});

test('scales along a dimension that a tensor lacks move to the one that fits', (t) => {
  const withDimension = (shape: number[], scale: number[], dimension: number) => {
    const graph = new GraphBuilder();
    const quantization = { scale, zeroPoint: scale.map(() => 0), quantizedDimension: dimension };
    const tensor = graph.tensor(shape, { type: 'INT8', quantization });
    return graph.model([tensor], [tensor]);
  };
  const moved = (...wrong: Parameters<typeof withDimension>) =>
    mainGraph(changed(quantizedDimension, withDimension(...wrong)).model).tensors[0]!.quantization?.quantizedDimension;
  t.is(moved([3], [1, 2, 3], 3), 0, 'the bias of a depthwise convolution');
  t.is(moved([2, 3], [1, 2, 3], 4), 1);
  t.is(moved([2, 3], [1], 7), 0, 'one scale fits everywhere');
  t.regex(reason(quantizedDimension, withDimension([3, 3], [1, 2, 3], 4))!, /lie along dimension 4, and no other fits/);
  t.regex(reason(quantizedDimension, withDimension([1, 1, 1, 3], [1, 2, 3], 3))!, /all scales lie along/);
});

test('recipes work on what the ones before them made, and the model that was given stays', (t) => {
  const model = denseModel({ version: 12, scales: [0.5, 0.25] });
  const before = structuredClone(model);
  const { model: derived, applied } = applyRecipes(model, recipes);
  t.deepEqual(
    applied.map(({ recipe }) => recipe),
    ['float-rows', 'operator-versions'],
  );
  t.is(derived.operatorCodes[0]!.version, 9);
  t.deepEqual(model, before);
  t.is(applyRecipes(denseModel({ version: 9, scales: [0.5] }), recipes).applied.length, 0);
});
