/** Frozen graphs in the forms that retrain.py, slim and Keras leave them in. Agreement with TensorFlow.js is printed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { type Conversion, convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { importGraph } from '../../../src/workshop/convert/import-graph.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring, testRequiring } from '../../requiring.ts';
import { globalNormalisation, retrainedGraph, slimMobilenet, slimNormalisation, weights } from './network-graphs.ts';
import { createEngine, largestDifference, photosOf, reference, runModel } from './run-model.ts';
import { flag, float, int, ints, noise, TinyGraph, text } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-frozen-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function definition(graph: TinyGraph, name: string) {
  const file = join(folder, `${name}.pb`);
  await writeFile(file, graph.frozen());
  return readSource(file);
}

const operatorsOf = ({ model }: Conversion): string[] =>
  model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);

interface Expected {
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  readonly output: string;
  readonly operators?: readonly string[];
  readonly tolerance?: number;
  /** What TensorFlow.js runs; absent: the same graph. */
  readonly twin?: TinyGraph;
}

/** Float conversion of a frozen graph against TensorFlow.js on noise. */
async function agrees(t: ExecutionContext, graph: TinyGraph, name: string, expected: Expected): Promise<Conversion> {
  const { input, output, operators, tolerance = 1e-5, twin = graph } = expected;
  const conversion = await convertGraph(await definition(graph, name), { cut: {} });
  const size = input.shape.reduce((product, one) => product * one, 1);
  const values = Float32Array.from(noise(size, 11));
  const wanted = await reference(twin, { ...input, values }, output);
  const { outputs } = await runModel(engine, folder, conversion.model, new Uint8Array(values.buffer));
  const difference = largestDifference(outputs[0]!, wanted.values);
  t.log(`${operatorsOf(conversion).length} operators, largest difference ${difference.toExponential(1)}`);
  t.true(difference <= tolerance, `differs by ${difference}`);
  if (operators !== undefined) t.deepEqual(operatorsOf(conversion), operators as string[]);
  return conversion;
}

const widths = [8, 16, 16, 24, 32];
const picture = { name: 'input', shape: [1, 32, 32, 3] };

testRequiring([{ kind: 'runtime' }], 'what retrain.py writes: its bottleneck placeholder is no obstacle', async (t) => {
  const graph = retrainedGraph(32, widths, 4);
  const twin = retrainedGraph(32, widths, 4, 'Identity');
  const conversion = await agrees(t, graph, 'retrained', { input: picture, output: 'final_result', twin });
  // Stem, four pairs, pool, reshape, the new layer, softmax: no batch normalisation is left.
  t.is(operatorsOf(conversion).length, 1 + 4 * 2 + 4);
  t.false(operatorsOf(conversion).some((name) => ['MUL', 'ADD', 'SUB', 'RSQRT'].includes(name)));
});

serialTestRequiring([{ kind: 'runtime' }], 'what retrain.py writes, in 8 bits', async (t) => {
  const graph = retrainedGraph(32, widths, 4);
  const twin = retrainedGraph(32, widths, 4, 'Identity');
  const photos = [1, 2, 3, 4, 5, 6].map((seed) => patches(32, seed));
  const conversion = await convertGraph(await definition(graph, 'retrained-int8'), {
    cut: {},
    quantize: {
      engine,
      photos: async () => photosOf(photos),
      method: 'minmax',
      inputType: 'INT8',
    },
  });
  t.is(operatorsOf(conversion).length, 1 + 4 * 2 + 4 + 1, 'and one that makes floats of the scores');
  const unseen = [7, 8, 9, 10, 11, 12, 13, 14].map((seed) => patches(32, seed));
  let worst = 0;
  for (const values of unseen) {
    const wanted = await reference(twin, { ...picture, values }, 'final_result');
    const stored = Int8Array.from(values, (value) => Math.min(127, Math.max(-128, Math.round(value * 127.5))));
    const { outputs } = await runModel(engine, folder, conversion.model, new Uint8Array(stored.buffer));
    worst = Math.max(worst, largestDifference(outputs[0]!, wanted.values));
  }
  t.log(`largest difference of a probability on pictures not calibrated with: ${worst.toFixed(4)}`);
  t.true(worst < 0.1, `differs by ${worst}`);
});

/** Pictures of larger and smaller patches, as photos have them; noise alone averages out in every layer. */
function patches(side: number, seed: number): Float32Array {
  const values = new Float32Array(side * side * 3);
  for (const [level, size] of [16, 8, 4].entries()) {
    const colours = noise((side / size) ** 2 * 3, seed * 10 + level);
    for (let at = 0; at < values.length; at += 1) {
      const [x, y] = [Math.floor((Math.floor(at / 3) % side) / size), Math.floor(Math.floor(at / 3 / side) / size)];
      values[at]! += colours[(y * (side / size) + x) * 3 + (at % 3)]! / 3;
    }
  }
  return values;
}

testRequiring([{ kind: 'runtime' }], "slim's frozen network: batch normalisation folds into the weights", async (t) => {
  const graph = new TinyGraph();
  const features = slimMobilenet(graph, 32, widths);
  const conversion = await agrees(t, graph, 'slim', { input: picture, output: features });
  t.is(operatorsOf(conversion).length, 1 + 4 * 2 + 2);
});

testRequiring(
  [{ kind: 'runtime' }],
  'batch normalisation of the first Inception graphs, and its old way to join',
  async (t) => {
    const graph = new TinyGraph();
    graph.input('input', picture.shape);
    const attributes = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text('SAME') };
    const convolve = (name: string) =>
      graph.node(name, 'Conv2D', ['input', weights(graph, `${name}/w`, [3, 3, 3, 4], 27)], attributes);
    const left = graph.node('left', 'Relu', [globalNormalisation(graph, 'bn', convolve('a'), 4)]);
    const right = graph.node('right', 'CheckNumerics', [convolve('b')], { message: text('bad') });
    graph.node('join', 'Concat', [graph.integers('join/axis', [3], []), left, right], { N: int(2) });
    // TensorFlow.js knows neither of the two: its reference is the same graph in the newer form.
    const old = graph.frozen();
    const newer = new TinyGraph();
    newer.input('input', picture.shape);
    const again = (name: string) =>
      newer.node(name, 'Conv2D', ['input', weights(newer, `${name}/w`, [3, 3, 3, 4], 27)], attributes);
    const statistics = ['gamma', 'beta', 'mean', 'variance'].map((name) =>
      newer.floats(
        `bn/${name}`,
        [4],
        name === 'gamma' ? [1, 1, 1, 1] : name === 'variance' ? noise(4, 2).map((value) => value / 2 + 0.7) : undefined,
      ),
    );
    const normalised = newer.node('bn', 'FusedBatchNormV3', [again('a'), ...statistics], {
      epsilon: float(0.001),
      is_training: flag(false),
    });
    newer.node('join', 'ConcatV2', [
      newer.node('left', 'Relu', [normalised]),
      again('b'),
      newer.integers('axis', [3], []),
    ]);
    await writeFile(join(folder, 'inception.pb'), old);
    const conversion = await convertGraph(await readSource(join(folder, 'inception.pb')), { cut: {} });
    t.deepEqual(operatorsOf(conversion), ['CONV_2D', 'CONV_2D', 'CONCATENATION']);
    const values = Float32Array.from(noise(32 * 32 * 3, 11));
    const wanted = await reference(newer, { ...picture, values }, 'join');
    const { outputs } = await runModel(engine, folder, conversion.model, new Uint8Array(values.buffer));
    t.true(largestDifference(outputs[0]!, wanted.values) < 1e-5);
  },
);

const trainingForm = (graph: TinyGraph, empty: boolean) => {
  graph.input('image', [1, 8, 8, 3]);
  const conv = graph.node('conv', 'Conv2D', ['image', graph.floats('f', [3, 3, 3, 4])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  const size = empty ? 0 : 4;
  const constants = ['gamma', 'beta'].map((name) => graph.floats(name, [4]));
  const moving = ['mean', 'variance'].map((name) => graph.floats(name, [size]));
  graph.node('bn', 'FusedBatchNorm', [conv, ...constants, ...moving], {
    is_training: flag(true),
    epsilon: float(0.001),
  });
  return graph;
};

for (const empty of [true, false]) {
  test(`batch normalisation in its training form is told, ${empty ? 'without' : 'with'} moving averages`, async (t) => {
    const def = await definition(trainingForm(new TinyGraph(), empty), `training-${empty}`);
    t.throws(() => importGraph(def), {
      instanceOf: InputError,
      message: /training-.*\.pb can't be converted: bn \(FusedBatchNorm\) .*is_training.*freeze it for inference/,
    });
  });
}

/** Keras of TensorFlow 1: `K.in_train_phase` chooses by a placeholder with a default. */
function learningPhase(graph: TinyGraph, { constant }: { constant: boolean }): string {
  graph.input('image', [1, 6]);
  graph.flags('phase/default', [false]);
  const phase = constant
    ? 'phase/default'
    : graph.node('phase', 'PlaceholderWithDefault', ['phase/default'], { dtype: { type: 'DT_BOOL' } });
  graph.node('cond/pred_id', 'Identity', [phase]);
  graph.node('cond/Switch', 'Switch', ['image', 'cond/pred_id']);
  graph.node('cond/noise', 'RandomUniform', [graph.integers('cond/shape', [1, 6])]);
  graph.node('cond/dropout', 'Mul', ['cond/Switch:1', 'cond/noise']);
  graph.node('cond/keep', 'Identity', ['cond/Switch']);
  graph.node('cond/Merge', 'Merge', ['cond/keep', 'cond/dropout']);
  return graph.node('y', 'Tanh', ['cond/Merge']);
}

for (const constant of [true, false]) {
  test(`a branch for training falls away where its condition is ${constant ? 'a constant' : 'a default'}`, async (t) => {
    const graph = new TinyGraph();
    learningPhase(graph, { constant });
    const conversion = await convertGraph(await definition(graph, `phase-${constant}`), { cut: {} });
    t.deepEqual(operatorsOf(conversion), ['TANH']);
    t.deepEqual(conversion.graph.outputNames, ['y']);
  });
}

test('a branch that the input chooses is told, with the file and a way out', async (t) => {
  const graph = new TinyGraph();
  graph.input('image', [1, 8, 8, 3]);
  const conv = graph.node('conv', 'Conv2D', ['image', graph.floats('f', [3, 3, 3, 4])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  graph.node('which', 'Any', [conv]);
  graph.node('Switch', 'Switch', [conv, 'which']);
  graph.node('y', 'Relu', ['Switch:1']);
  const def = await definition(graph, 'chosen');
  t.throws(() => importGraph(def), {
    message: /chosen\.pb uses operators .*: Switch \(Switch\)\..*branch.*--output-arrays conv/,
  });
});

test('a loop over the pictures of a batch is told with the node to cut at', async (t) => {
  const graph = new TinyGraph();
  graph.input('image_tensor', [-1, 16, 16, 3]);
  graph.node('Preprocessor/map/TensorArray', 'TensorArrayV3', [graph.integers('size', [1], [])]);
  graph.node('Preprocessor/map/scatter', 'TensorArrayScatterV3', ['Preprocessor/map/TensorArray', 'image_tensor']);
  graph.node('Preprocessor/map/gather', 'TensorArrayGatherV3', ['Preprocessor/map/scatter']);
  graph.node('Preprocessor/mul', 'Mul', ['Preprocessor/map/gather', graph.floats('two', [], [2])]);
  graph.node('conv', 'Conv2D', ['Preprocessor/mul', graph.floats('f', [3, 3, 3, 4])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  const def = await definition(graph, 'loop');
  const error = t.throws(() => importGraph(def), { instanceOf: InputError });
  t.regex(error!.message, /loop\.pb uses operators that goby can't convert: TensorArrayV3 .*They are a loop/);
  t.regex(error!.message, /--input-arrays Preprocessor\/map\/gather with --input-shapes 1,HEIGHT,WIDTH,3/);
  const cut = importGraph(def, { inputs: ['Preprocessor/map/gather'], inputShapes: [[1, 16, 16, 3]] });
  t.is(cut.outputNames[0], 'conv');
});

test('boxes that are sorted out inside the graph are told with the outputs before them', async (t) => {
  const graph = new TinyGraph();
  graph.input('image', [1, 8, 8, 3]);
  graph.node('conv', 'Conv2D', ['image', graph.floats('f', [3, 3, 3, 4])], {
    strides: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  graph.node('boxes', 'Reshape', ['conv', graph.integers('s', [1, -1, 4])]);
  graph.node('nms', 'NonMaxSuppressionV3', ['boxes', graph.floats('threshold', [], [Number.NEGATIVE_INFINITY])]);
  const def = await definition(graph, 'nms');
  t.throws(() => importGraph(def), { message: /NonMaxSuppressionV3 \(nms\).*--output-arrays boxes\./ });
});

testRequiring([{ kind: 'runtime' }], 'constants of minus infinity where they do no harm', async (t) => {
  const graph = new TinyGraph();
  graph.input('x', [1, 6]);
  graph.floats('unused', [1], [Number.NaN]);
  graph.node('bounded', 'Maximum', ['x', graph.floats('lowest', [], [Number.NEGATIVE_INFINITY])]);
  graph.node('y', 'Tanh', ['bounded']);
  await agrees(t, graph, 'infinite', { input: { name: 'x', shape: [1, 6] }, output: 'y', operators: ['TANH'] });
});

test('weights of a diverged training are told, also behind batch normalisation', async (t) => {
  const graph = new TinyGraph();
  graph.input('x', [1, 8, 8, 3]);
  const attributes = { strides: ints(1, 1, 1, 1), padding: text('SAME') };
  const values = noise(108, 4).with(7, Number.NaN);
  graph.node('conv', 'Conv2D', ['x', graph.floats('f', [3, 3, 3, 4], values)], attributes);
  slimNormalisation(graph, 'conv', 'conv', 4);
  const def = await definition(graph, 'diverged');
  await t.throwsAsync(convertGraph(def, { cut: {} }), {
    message: /diverged\.pb: the weight f has NaN at position \d+.*training diverged/,
  });
});
