/** Graphs with channels first, paddings of their own, and graphs trained in 8 bits. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { importGraph } from '../../../src/workshop/convert/import-graph.ts';
import { inputMeaning } from '../../../src/workshop/convert/input-range.ts';
import { fold } from '../../../src/workshop/convert/passes/simplify.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring, testRequiring } from '../../requiring.ts';
import { weights } from './network-graphs.ts';
import { createEngine, largestDifference, photosOf, reference, runModel } from './run-model.ts';
import { flag, float, int, ints, noise, TinyGraph, text } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-layouts-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Layout = 'NHWC' | 'NCHW';

/** One network in both layouts: convolution, normalisation, activation, depthwise, residual, join, pools, mean, dense. */
function network(layout: Layout, head: 'mean' | 'pool'): TinyGraph {
  const graph = new TinyGraph();
  const isFirst = layout === 'NCHW';
  const sizes = (batch: number, height: number, width: number, channels: number) =>
    isFirst ? ints(batch, channels, height, width) : ints(batch, height, width, channels);
  const axes = isFirst ? [2, 3] : [1, 2];
  const channelAxis = isFirst ? 1 : 3;
  const format = { data_format: text(layout) };
  const window = (stride: number, padding = 'SAME') => ({
    strides: sizes(1, stride, stride, 1),
    dilations: sizes(1, 1, 1, 1),
    padding: text(padding),
    ...format,
  });
  const byChannel = (name: string, channels: number) => graph.floats(name, isFirst ? [channels, 1, 1] : [channels]);
  graph.input('x', isFirst ? [1, 3, 16, 16] : [1, 16, 16, 3]);
  graph.node('scaled', 'Mul', ['x', graph.floats('two', [], [2])]);
  graph.node('shifted', 'Sub', ['scaled', byChannel('means', 3)]);
  graph.node('conv', 'Conv2D', ['shifted', weights(graph, 'f', [3, 3, 3, 8], 27)], window(2));
  graph.node('bias', 'BiasAdd', ['conv', graph.floats('b', [8])], format);
  const statistics = ['gamma', 'beta', 'mean'].map((name) => graph.floats(`bn/${name}`, [8]));
  const variance = graph.floats(
    'bn/variance',
    [8],
    noise(8, 3).map((value) => value / 3 + 1),
  );
  graph.node('bn', 'FusedBatchNormV3', ['bias', ...statistics, variance], {
    epsilon: float(0.001),
    is_training: flag(false),
    ...format,
  });
  graph.node('relu', 'Relu6', ['bn']);
  graph.node('spread', 'DepthwiseConv2dNative', ['relu', weights(graph, 'd', [3, 3, 8, 1], 9)], window(1));
  graph.node('offset', 'AddV2', ['spread', byChannel('o', 8)]);
  graph.node('sum', 'AddV2', ['offset', 'relu']);
  graph.node('swish', 'Mul', ['sum', graph.node('sigmoid', 'Sigmoid', ['sum'])]);
  const [left, right] = [['swish', 'relu'], 'ConcatV2'] as const;
  graph.node('join', right, [...left, graph.integers('axis', [channelAxis], [])], { N: int(2) });
  const margins = isFirst ? [0, 0, 0, 0, 1, 1, 1, 1] : [0, 0, 1, 1, 1, 1, 0, 0];
  graph.node('pad', 'Pad', ['join', graph.integers('margins', margins, [4, 2])]);
  graph.node('pool', 'MaxPool', ['pad'], { ...window(2, 'VALID'), ksize: sizes(1, 2, 2, 1) });
  if (head === 'mean') {
    graph.node('mean', 'Mean', ['pool', graph.integers('axes', axes)], { keep_dims: flag(false) });
  } else {
    graph.node('average', 'AvgPool', ['pool'], { ...window(1, 'VALID'), ksize: sizes(1, 5, 5, 1) });
    graph.node('mean', 'Reshape', ['average', graph.integers('flat', [1, -1])]);
  }
  graph.node('logits', 'MatMul', ['mean', weights(graph, 'w', [16, 4], 4)], {
    transpose_a: flag(false),
    transpose_b: flag(false),
  });
  graph.node('scores', 'Softmax', ['logits']);
  return graph;
}

async function definition(graph: TinyGraph, name: string) {
  const file = join(folder, `${name}.pb`);
  await writeFile(file, graph.frozen());
  return readSource(file);
}

const operatorsOf = ({ model }: Awaited<ReturnType<typeof convertGraph>>): string[] =>
  model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);

for (const head of ['mean', 'pool'] as const) {
  testRequiring(
    [{ kind: 'runtime' }],
    `channels first become channels last, with no transpose left (${head})`,
    async (t) => {
      const first = await convertGraph(await definition(network('NCHW', head), `first-${head}`), { cut: {} });
      const last = await convertGraph(await definition(network('NHWC', head), `last-${head}`), { cut: {} });
      t.deepEqual(operatorsOf(first), operatorsOf(last));
      t.deepEqual(first.graph.inputs[0]!.shape, [1, 16, 16, 3]);
      await agrees(t, first, network('NHWC', head), 'scores');
    },
  );
}

/** The converted model against TensorFlow.js on the same pictures, channels last. */
async function agrees(
  t: ExecutionContext,
  conversion: Awaited<ReturnType<typeof convertGraph>>,
  twin: TinyGraph,
  output: string,
): Promise<void> {
  const { shape, name } = conversion.graph.inputs[0]!;
  const values = Float32Array.from(
    noise(
      shape.reduce((product, size) => product * size, 1),
      21,
    ),
  );
  const wanted = await reference(twin, { name, shape, values }, output);
  const { outputs } = await runModel(engine, folder, conversion.model, new Uint8Array(values.buffer));
  const difference = largestDifference(outputs[0]!, wanted.values);
  t.log(`${operatorsOf(conversion).length} operators, largest difference ${difference.toExponential(1)}`);
  t.true(difference < 1e-5, `differs by ${difference}`);
}

test('transposes that nothing undoes stay', async (t) => {
  const graph = new TinyGraph();
  graph.input('x', [1, 4, 5, 3]);
  graph.node('turned', 'Transpose', ['x', graph.integers('order', [0, 2, 1, 3])]);
  graph.node('grown', 'Tanh', ['turned']);
  graph.node('again', 'Transpose', ['grown', graph.integers('order2', [0, 1, 3, 2])]);
  graph.node('y', 'Reshape', ['again', graph.integers('flat', [1, -1])]);
  const conversion = await convertGraph(await definition(graph, 'stays'), { cut: {} });
  t.deepEqual(operatorsOf(conversion), ['TANH', 'TRANSPOSE', 'RESHAPE']);
});

for (const [title, margins, operators] of [
  ['that SAME has too', [0, 0, 0, 1, 0, 1, 0, 0], ['CONV_2D']],
  ['of its own', [0, 0, 2, 1, 0, 1, 0, 0], ['PAD', 'CONV_2D']],
  ['of nothing', [0, 0, 0, 0, 0, 0, 0, 0], ['CONV_2D']],
] as const) {
  testRequiring([{ kind: 'runtime' }], `a convolution with explicit padding ${title}`, async (t) => {
    const graph = new TinyGraph();
    graph.input('x', [1, 8, 8, 3]);
    const filter = weights(graph, 'f', [3, 3, 3, 4], 27);
    graph.node('y', 'Conv2D', ['x', filter], {
      strides: ints(1, 2, 2, 1),
      dilations: ints(1, 1, 1, 1),
      padding: text('EXPLICIT'),
      explicit_paddings: ints(...margins),
      data_format: text('NHWC'),
    });
    const conversion = await convertGraph(await definition(graph, `explicit-${margins.join('')}`), { cut: {} });
    t.deepEqual(operatorsOf(conversion), [...operators]);
    await agrees(t, conversion, graph, 'y');
  });
}

/** Trained in 8 bits: ranges of the input, weights, activations and logits stand in the graph. */
function trainedInEightBits({ perChannel = false } = {}): { graph: TinyGraph; plain: TinyGraph } {
  const make = (isQuantized: boolean): TinyGraph => {
    const graph = new TinyGraph();
    const between = (name: string, input: string, low: number, high: number): string => {
      if (!isQuantized) return input;
      const limits = [graph.floats(`${name}/min`, [], [low]), graph.floats(`${name}/max`, [], [high])];
      return graph.node(name, 'FakeQuantWithMinMaxVars', [input, ...limits], {
        num_bits: int(8),
        narrow_range: flag(false),
      });
    };
    graph.input('x', [1, 16, 16, 3]);
    const filter = weights(graph, 'f', [3, 3, 3, 8], 27);
    let used = filter;
    if (isQuantized && perChannel) {
      const limits = [-1, 1].map((sign) => graph.floats(`f/${sign}`, [8], new Array(8).fill(sign)));
      used = graph.node('fq/f', 'FakeQuantWithMinMaxVarsPerChannel', [filter, ...limits], {
        num_bits: int(8),
        narrow_range: flag(true),
      });
    } else {
      used = between('fq/f', filter, -1, 1);
    }
    graph.node('conv', 'Conv2D', [between('fq/x', 'x', -1, 0.9921875), used], {
      strides: ints(1, 2, 2, 1),
      dilations: ints(1, 1, 1, 1),
      padding: text('SAME'),
    });
    graph.node('sum', 'BiasAdd', ['conv', graph.floats('b', [8])]);
    const features = between('fq/relu', graph.node('relu', 'Relu6', ['sum']), 0, 3);
    graph.node('mean', 'Mean', [features, graph.integers('axes', [1, 2])], { keep_dims: flag(false) });
    graph.node('logits', 'MatMul', ['mean', between('fq/w', weights(graph, 'w', [8, 3], 3), -2, 2)], {
      transpose_a: flag(false),
      transpose_b: flag(false),
    });
    graph.node('scores', 'Softmax', [between('fq/logits', 'logits', -7, 9)]);
    return graph;
  };
  return { graph: make(true), plain: make(false) };
}

for (const perChannel of [false, true]) {
  serialTestRequiring(
    [{ kind: 'runtime' }],
    `ranges that a graph was trained with are its calibration${perChannel ? ', weights by channel' : ''}`,
    async (t) => {
      const { graph, plain } = trainedInEightBits({ perChannel });
      const def = await definition(graph, `trained-${perChannel}`);
      t.deepEqual(inputMeaning(fold(importGraph(def)), undefined).range, { low: -1, high: 0.9921875 });
      // Photos that hold next to nothing: what they show must not become the ranges.
      const dark = photosOf([Float32Array.from(noise(768, 5), (value) => value / 50)]);
      const { model, quantized, inputRange } = await convertGraph(def, {
        cut: {},
        quantize: { engine, photos: async () => dark, method: 'minmax', inputType: 'UINT8' },
      });
      t.deepEqual(inputRange, { low: -1, high: 0.9921875 });
      const scaleNamed = (name: string) => {
        const tensor = model.subgraphs[0]!.tensors.find((one) => one.name === name)!;
        return [tensor.quantization!.scale![0], Number(tensor.quantization!.zeroPoint![0])];
      };
      t.deepEqual(scaleNamed('x_uint8'), [Math.fround(1.9921875 / 255), 128]);
      t.deepEqual(scaleNamed('relu'), [Math.fround(3 / 255), -128]);
      t.deepEqual(scaleNamed('logits'), [Math.fround(16 / 255), -16]);
      t.true(quantized!.storage.isQuantized);
      let worst = 0;
      for (const seed of [1, 2, 3]) {
        const pixels = Uint8Array.from(noise(768, seed), (value) => Math.round(127.5 + 127.5 * value));
        const values = Float32Array.from(pixels, (pixel) => (pixel - 128) / 128);
        const wanted = await reference(plain, { name: 'x', shape: [1, 16, 16, 3], values }, 'scores');
        const { outputs } = await runModel(engine, folder, model, pixels);
        worst = Math.max(worst, largestDifference(outputs[0]!, wanted.values));
      }
      t.log(`largest difference of a probability: ${worst.toFixed(4)}`);
      t.true(worst < 0.05, `differs by ${worst}`);
    },
  );
}

test('a range that was never trained is told', async (t) => {
  const graph = new TinyGraph();
  graph.input('x', [1, 4]);
  graph.node('fq', 'FakeQuantWithMinMaxArgs', ['x'], { min: float(0), max: float(0) });
  graph.node('y', 'Relu', ['fq']);
  const def = await definition(graph, 'untrained');
  t.throws(() => importGraph(def), { message: /fq \(FakeQuantWithMinMaxArgs\) quantizes between 0 and 0/ });
});
