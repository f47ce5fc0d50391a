/** Every kind of source: broken ones are told in a sentence; sound ones give what TensorFlow.js gives. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import test from 'ava';
import hdf5 from 'h5wasm/node';
import { InputError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { importGraph } from '../../../src/workshop/convert/import-graph.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { halfToFloat, readWeights } from '../../../src/workshop/convert/sources/weights.ts';
import { testRequiring } from '../../requiring.ts';
import { createEngine, largestDifference, runModel } from './run-model.ts';
import { flag, ints, noise, TinyGraph, text } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-sources-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function tellsOf(t: import('ava').ExecutionContext, act: () => unknown, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(async () => act(), { instanceOf: InputError });
  t.regex(error?.message ?? '', message);
}

function smallGraph(): TinyGraph {
  const graph = new TinyGraph();
  graph.input('picture', [-1, 8, 8, 3]);
  graph.node('layer/conv', 'Conv2D', ['picture', graph.floats('layer/filter', [3, 3, 3, 2])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  graph.node('scores', 'Relu', ['layer/conv']);
  return graph;
}

test('a missing file, a file of something else, and broken JSON', async (t) => {
  await tellsOf(t, () => readSource(join(folder, 'none.json')), /none\.json can't be read/);
  await writeFile(join(folder, 'page.pb'), '<html>not found</html>');
  await tellsOf(t, () => readSource(join(folder, 'page.pb')), /page\.pb is a web page, not a model/);
  await writeFile(join(folder, 'cut.json'), '{"modelTopology": ');
  await tellsOf(t, () => readSource(join(folder, 'cut.json')), /cut\.json is no JSON/);
  await writeFile(join(folder, 'other.json'), '{"name": "x"}');
  await tellsOf(
    t,
    () => readSource(join(folder, 'other.json')),
    /other\.json is no TensorFlow\.js graph model: modelTopology/,
  );
  await writeFile(join(folder, 'broken.h5'), Buffer.from('\x89HDF\r\n\x1a\nnothing behind', 'latin1'));
  await tellsOf(t, () => readSource(join(folder, 'broken.h5')), /broken\.h5 can't be read as HDF5/);
});

test('a missing shard, a short one, and one outside of the folder', async (t) => {
  const graph = smallGraph();
  const file = await graph.write(join(folder, 'shards'));
  const shard = join(folder, 'shards', 'weights.bin');
  await writeFile(shard, graph.weightBytes.subarray(0, 100));
  await tellsOf(
    t,
    () => readSource(file),
    /too short: layer\/filter \[3, 3, 3, 2\] ends at byte 216, and there are 100/,
  );
  await rm(shard);
  await tellsOf(t, () => readSource(file), /needs the weights file weights\.bin beside it/);
  const json = graph.json();
  json.weightsManifest[0]!.paths = ['../../secret.bin'];
  await writeFile(file, JSON.stringify(json));
  await tellsOf(t, () => readSource(file), /lies outside of its folder/);
});

test('weights that are no numbers', async (t) => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const graph = new TinyGraph();
    graph.input('x', [1, 2]);
    graph.node('y', 'Add', ['x', graph.floats('c', [2], [1, bad])]);
    const def = await readSource(await graph.write(join(folder, `bad-${bad}`)));
    await tellsOf(t, () => convertGraph(def, { cut: {} }), new RegExp(`the weight c has ${bad} at position 1`));
  }
});

test('names that are not there come with close ones', async (t) => {
  const def = await readSource(await smallGraph().write(join(folder, 'names')));
  await tellsOf(t, () => importGraph(def, { outputs: ['score'] }), /has no node named score\. Close to it are: scores/);
  await tellsOf(t, () => importGraph(def, { inputs: ['pictur'] }), /Close to it are: picture/);
  await tellsOf(t, () => importGraph(def, { outputs: ['zzzzzzzzzz'] }), /Name one of its nodes/);
});

test('operators that are not known are told all at once, with their nodes', async (t) => {
  const graph = smallGraph();
  graph.node('far', 'NonMaxSuppressionV5', ['scores']);
  graph.node('strange', 'Whatever', ['far']);
  const def = await readSource(await graph.write(join(folder, 'unknown')));
  await tellsOf(
    t,
    () => importGraph(def),
    /operators that goby can't convert: NonMaxSuppressionV5 \(far\), Whatever \(strange\)/,
  );
});

test('attributes that are not known are told all at once', async (t) => {
  const graph = smallGraph();
  const attributes = { strides: ints(1, 1, 1, 1), padding: text('REFLECT') };
  graph.node('odd', 'Conv2D', ['picture', graph.floats('f', [3, 3, 3, 2])], attributes);
  graph.node('padded', 'MaxPool', ['picture'], { ksize: ints(1, 2, 2, 1), padding: text('EXPLICIT') });
  const def = await readSource(await graph.write(join(folder, 'attributes')));
  await tellsOf(
    t,
    () => importGraph(def),
    /odd \(Conv2D\) has the padding REFLECT.*padded \(MaxPool\) has the padding EXPLICIT/,
  );
});

test('shapes that do not fit, and shapes that are not known', async (t) => {
  const graph = smallGraph();
  graph.node('wrong', 'Conv2D', ['scores', graph.floats('f', [3, 3, 5, 2])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  const def = await readSource(await graph.write(join(folder, 'shapes')));
  await tellsOf(t, () => importGraph(def), /wrong has a filter \[3, 3, 5, 2\] for a picture \[1, 8, 8, 2\]/);
  await tellsOf(
    t,
    () => importGraph(def, { inputs: ['layer/conv'], outputs: ['scores'] }),
    /shape of the input layer\/conv is not known/,
  );
  const cut = importGraph(def, { inputs: ['layer/conv'], outputs: ['scores'], inputShapes: [[1, 8, 8, 2]] });
  t.deepEqual(
    cut.nodes.map(({ name }) => name),
    ['scores'],
  );
});

test('a loop is told as one', async (t) => {
  const graph = new TinyGraph();
  graph.input('x', [1, 2]);
  graph.node('a', 'Add', ['x', 'b']);
  graph.node('b', 'Relu', ['a']);
  const def = await readSource(await graph.write(join(folder, 'loop')));
  await tellsOf(t, () => importGraph(def, { outputs: ['b'] }), /runs in a circle at/);
});

test('half precision and 8-bit weights become floats again', (t) => {
  t.deepEqual([0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000].map(halfToFloat), [1, -2, 2 ** -24, 65_504, -0]);
  const entries = [
    {
      name: 'a',
      shape: [3],
      dtype: 'float32' as const,
      quantization: { dtype: 'uint8' as const, scale: 0.5, min: -1 },
    },
    { name: 'b', shape: [1], dtype: 'float32' as const, quantization: { dtype: 'float16' as const } },
    { name: 'c', shape: [], dtype: 'int32' as const },
  ];
  const weights = readWeights(entries, Uint8Array.of(0, 2, 255, 0x00, 0x3c, 7, 0, 0, 0), 'm');
  t.deepEqual(
    [...weights.values()].map(({ data }) => Array.from(data)),
    [[-1, 0, 126.5], [1], [7]],
  );
});

/** Layers of the kinds that MobileNets are made of. */
function kerasModel(): layers.LayersModel {
  const input = layers.input({ shape: [16, 16, 3] });
  const apply = (layer: layers.layers.Layer, to: layers.SymbolicTensor) => layer.apply(to) as layers.SymbolicTensor;
  const { conv2d, depthwiseConv2d, batchNormalization, reLU, zeroPadding2d, globalAveragePooling2d, dense } =
    layers.layers;
  let x = apply(
    zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ] as unknown as [number, number],
    }),
    input,
  );
  x = apply(conv2d({ filters: 6, kernelSize: 3, strides: 2, useBias: false, name: 'stem' }), x);
  x = apply(batchNormalization({ name: 'stem_bn', betaInitializer: 'randomNormal' }), x);
  x = apply(reLU({ maxValue: 6 }), x);
  const skip = x;
  x = apply(depthwiseConv2d({ kernelSize: 3, padding: 'same', name: 'spread', useBias: false }), x);
  x = apply(batchNormalization({ scale: false, name: 'spread_bn', movingMeanInitializer: 'randomNormal' }), x);
  x = layers.layers.add().apply([x, skip]) as layers.SymbolicTensor;
  x = apply(layers.layers.averagePooling2d({ poolSize: 2 }), x);
  const joined = layers.layers.concatenate().apply([x, apply(layers.layers.activation({ activation: 'tanh' }), x)]);
  x = apply(globalAveragePooling2d({}), joined as layers.SymbolicTensor);
  x = apply(layers.layers.dropout({ rate: 0.5 }), x);
  x = apply(dense({ units: 5, activation: 'softmax', name: 'scores', biasInitializer: 'randomNormal' }), x);
  return layers.model({ inputs: input, outputs: x });
}

const values = Float32Array.from(noise(16 * 16 * 3, 3));

async function expectSame(t: import('ava').ExecutionContext, file: string, model: layers.LayersModel): Promise<void> {
  const prediction = model.predict(tf.tensor(values, [1, 16, 16, 3])) as tf.Tensor;
  const { model: converted } = await convertGraph(await readSource(file), { cut: {} });
  const { outputs } = await runModel(engine, folder, converted, new Uint8Array(values.buffer));
  t.true(largestDifference(outputs[0]!, (await prediction.data()) as Float32Array) < 1e-6);
  // One operator each: all that can be folded is.
  const names = converted.subgraphs[0]!.operators.map(
    ({ opcodeIndex }) => converted.operatorCodes[opcodeIndex]!.builtin,
  );
  t.deepEqual(names, [
    'CONV_2D',
    'DEPTHWISE_CONV_2D',
    'ADD',
    'AVERAGE_POOL_2D',
    'TANH',
    'CONCATENATION',
    'MEAN',
    'RESHAPE',
    'FULLY_CONNECTED',
    'SOFTMAX',
  ]);
}

async function savedKeras(model: layers.LayersModel) {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return saved!;
}

testRequiring([{ kind: 'runtime' }], 'a Keras layers-model', async (t) => {
  await tf.setBackend('cpu');
  const model = kerasModel();
  const { modelTopology, weightSpecs, weightData } = await savedKeras(model);
  const path = join(folder, 'keras');
  await mkdir(path);
  await writeFile(join(path, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
  const json = {
    format: 'layers-model',
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
  };
  await writeFile(join(path, 'model.json'), JSON.stringify(json));
  await expectSame(t, join(path, 'model.json'), model);
});

testRequiring([{ kind: 'runtime' }], 'a Keras model in HDF5', async (t) => {
  await tf.setBackend('cpu');
  await hdf5.ready;
  const model = kerasModel();
  const { modelTopology } = await savedKeras(model);
  const path = join(folder, 'keras.h5');
  const file = new hdf5.File(path, 'w');
  file.create_attribute('model_config', JSON.stringify(modelTopology));
  const root = file.create_group('model_weights');
  for (const weight of model.weights) {
    const [layer = '', name = ''] = weight.originalName.split('/');
    const outer = root.get(layer) ?? root.create_group(layer);
    const inner = (outer as typeof root).get(layer) ?? (outer as typeof root).create_group(layer);
    const tensor = weight.read();
    (inner as typeof root).create_dataset({
      name: `${name}:0`,
      data: tensor.dataSync() as Float32Array,
      shape: tensor.shape,
    });
  }
  file.close();
  await expectSame(t, path, model);
});

test('Keras layers that are not known are told all at once', async (t) => {
  const config = {
    class_name: 'Sequential',
    config: {
      layers: [
        { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 4] } },
        { class_name: 'LSTM', config: { name: 'memory' } },
        { class_name: 'Lambda', config: { name: 'own' } },
      ],
    },
  };
  await writeFile(
    join(folder, 'lstm.json'),
    JSON.stringify({ modelTopology: { model_config: config }, weightsManifest: [] }),
  );
  await tellsOf(
    t,
    () => readSource(join(folder, 'lstm.json')),
    /layers that goby can't convert: LSTM \(memory\), Lambda \(own\)/,
  );
});

/** A frozen graph as TensorFlow writes it: y = relu(x * w + 0.5), where the offset is one value that stands for all. */
function frozenGraph(): Uint8Array {
  const graph = new TinyGraph();
  graph.input('x', [-1, 3]);
  graph.node('product', 'MatMul', ['x', graph.floats('w', [3, 2], noise(6, 5))], { transpose_b: flag(false) });
  graph.node('sum', 'BiasAdd', ['product', graph.floats('c', [2], [0.5]), '^x'], { data_format: text('NHWC') });
  graph.node('y', 'Relu', ['sum:0']);
  return graph.frozen();
}

testRequiring([{ kind: 'runtime' }], 'a frozen GraphDef', async (t) => {
  const path = join(folder, 'frozen.pb');
  await writeFile(path, frozenGraph());
  const { model } = await convertGraph(await readSource(path), { cut: {} });
  const x = [0.25, -1, 2];
  const w = Float32Array.from(noise(6, 5));
  const expected = [0, 1].map((out) =>
    Math.max(
      0,
      x.reduce((sum, one, at) => sum + one * w[at * 2 + out]!, 0.5),
    ),
  );
  const { outputs } = await runModel(engine, folder, model, new Uint8Array(Float32Array.from(x).buffer));
  t.true(largestDifference(outputs[0]!, Float32Array.from(expected)) < 1e-6);
  t.is(model.subgraphs[0]!.operators.length, 1);
});

test('a frozen GraphDef that is cut off is told in a sentence', async (t) => {
  const path = join(folder, 'short.pb');
  await writeFile(path, frozenGraph().subarray(0, -7));
  await tellsOf(t, () => readSource(path), /short\.pb is no TensorFlow GraphDef/);
});

test('a graph with variables is not frozen', async (t) => {
  const path = join(folder, 'variables.pb');
  // One node: name 'v', op 'VariableV2'.
  await writeFile(
    path,
    Buffer.concat([Buffer.from([10, 15, 10, 1]), Buffer.from('v'), Buffer.from([18, 10]), Buffer.from('VariableV2')]),
  );
  await tellsOf(t, () => readSource(path), /is not frozen: it has 1 variables, such as v/);
});
