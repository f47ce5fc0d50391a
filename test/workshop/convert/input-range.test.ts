/** What pixels are for a graph: found from how it begins, absorbed in 8 bits, and told where it is wrong. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertFile } from '../../../src/workshop/convert/convert-file.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { importGraph } from '../../../src/workshop/convert/import-graph.ts';
import { inputMeaning } from '../../../src/workshop/convert/input-range.ts';
import { fold } from '../../../src/workshop/convert/passes/simplify.ts';
import type { Range } from '../../../src/workshop/convert/quantize/ranges.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring } from '../../requiring.ts';
import { weights } from './network-graphs.ts';
import { createEngine, largestDifference, photosOf, reference, runModel } from './run-model.ts';
import { flag, ints, noise, TinyGraph, text } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-range-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shape = [1, 12, 12, 3];

/** Scales its pixels as `scale` says, and tells three kinds apart. */
function classifier(scale: (graph: TinyGraph, input: string) => string): TinyGraph {
  const graph = new TinyGraph();
  const scaled = scale(graph, graph.input('x', shape));
  graph.node('conv', 'Conv2D', [scaled, weights(graph, 'filter', [3, 3, 3, 6], 27)], {
    strides: ints(1, 2, 2, 1),
    dilations: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  graph.node('features', 'Relu6', [graph.node('sum', 'BiasAdd', ['conv', graph.floats('bias', [6])])]);
  graph.node('mean', 'Mean', ['features', graph.integers('axes', [1, 2])], { keep_dims: flag(false) });
  graph.node('logits', 'MatMul', ['mean', weights(graph, 'w', [6, 3], 2)], {
    transpose_a: flag(false),
    transpose_b: flag(false),
  });
  graph.node('scores', 'Softmax', ['logits']);
  return graph;
}

const by = (graph: TinyGraph, input: string, op: string, name: string, ...values: number[]): string =>
  graph.node(name, op, [input, graph.floats(`${name}/by`, values.length === 1 ? [] : [values.length], values)]);

/** ImageNet's averages and deviations, of pixels from 0 to 1. */
const means = [0.485, 0.456, 0.406];
const deviations = [0.229, 0.224, 0.225];

const cases: Readonly<
  Record<string, { scale: (graph: TinyGraph, input: string) => string; range: Range | undefined }>
> = {
  nothing: { scale: (_, input) => input, range: undefined },
  'x / 127.5 - 1': {
    scale: (graph, input) => by(graph, by(graph, input, 'RealDiv', 'd', 127.5), 'Sub', 's', 1),
    range: { low: 0, high: 255 },
  },
  'Rescaling to 0..1': {
    scale: (graph, input) => by(graph, by(graph, input, 'Mul', 'm', 1 / 255), 'AddV2', 'a', 0),
    range: { low: 0, high: 255 },
  },
  'Rescaling and Normalization, as EfficientNet begins': {
    scale: (graph, input) => {
      const rescaled = by(graph, input, 'Mul', 'm', 1 / 255);
      return by(graph, by(graph, rescaled, 'Sub', 's', ...means), 'RealDiv', 'd', ...deviations);
    },
    range: { low: 0, high: 255 },
  },
  'Normalization of pixels 0..255': {
    scale: (graph, input) => by(graph, by(graph, input, 'Sub', 's', 127, 118, 104), 'Mul', 'm', 0.017, 0.0175, 0.0171),
    range: { low: 0, high: 255 },
  },
  'averages of Caffe, in its order of colours': {
    scale: (graph, input) => {
      const [from, to, steps] = [
        [0, 0],
        [0, 0],
        [1, -1],
      ].map((numbers, at) => graph.integers(`turn/${at}`, numbers));
      const turned = graph.node('turn', 'StridedSlice', [input, from!, to!, steps!], {
        begin_mask: { i: '2' },
        end_mask: { i: '2' },
        ellipsis_mask: { i: '1' },
        new_axis_mask: { i: '0' },
        shrink_axis_mask: { i: '0' },
      });
      return by(graph, turned, 'Sub', 's', 103.94, 116.78, 123.68);
    },
    range: { low: 0, high: 255 },
  },
  '2 x - 1, as modules of TensorFlow Hub begin': {
    scale: (graph, input) => by(graph, by(graph, input, 'Mul', 'm', 2), 'Sub', 's', 1),
    range: { low: 0, high: 1 },
  },
  'Normalization of pixels 0..1': {
    scale: (graph, input) => by(graph, by(graph, input, 'Sub', 's', ...means), 'RealDiv', 'd', ...deviations),
    range: { low: 0, high: 1 },
  },
  'a batch normalisation of pixels -1..1': {
    scale: (graph, input) => by(graph, by(graph, input, 'Mul', 'm', 1.9, 2, 2.1), 'AddV2', 'a', 0.1, 0.05, 0),
    range: { low: -1, high: 1 },
  },
};

for (const [title, { scale, range }] of Object.entries(cases)) {
  test(`range of the input: ${title}`, async (t) => {
    const def = await readSource(await classifier(scale).write(join(folder, title.replaceAll(/\W+/g, '-'))));
    const meaning = inputMeaning(fold(importGraph(def)), undefined);
    t.deepEqual(meaning.range, range ?? { low: -1, high: 1 });
    t.is(meaning.isAssumed, range === undefined);
    t.regex(meaning.origin, range === undefined ? /^assumed$/ : /the graph begins with pixel \* /);
    const given = inputMeaning(fold(importGraph(def)), { low: 0, high: 2 });
    t.deepEqual([given.range, given.origin], [{ low: 0, high: 2 }, 'given']);
  });
}

test('a graph that takes bytes takes pixels from 0 to 255', async (t) => {
  const graph = new TinyGraph();
  graph.node('x', 'Placeholder', [], {
    dtype: { type: 'DT_UINT8' },
    shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } },
  });
  graph.node('floats', 'Cast', ['x'], { DstT: { type: 'DT_FLOAT' } });
  graph.node('y', 'Relu', ['floats']);
  const def = await readSource(await graph.write(join(folder, 'bytes')));
  t.deepEqual(inputMeaning(fold(importGraph(def)), undefined).range, { low: 0, high: 255 });
});

const photos = [1, 2, 3, 4].map((seed) => noise(12 * 12 * 3, seed).map((value) => Math.round(127.5 + 127.5 * value)));
const inRange = ({ low, high }: Range) =>
  photosOf(photos.map((pixels) => Float32Array.from(pixels, (pixel) => low + (pixel * (high - low)) / 255)));

for (const title of ['x / 127.5 - 1', 'Rescaling and Normalization, as EfficientNet begins', 'nothing']) {
  serialTestRequiring([{ kind: 'runtime' }], `pixels go into 8 bits as they are: ${title}`, async (t) => {
    const graph = classifier(cases[title]!.scale);
    const def = await readSource(await graph.write(join(folder, `int8-${title.length}`)));
    const { model, source, inputRange } = await convertGraph(def, {
      cut: {},
      quantize: { engine, photos: async (_, range) => inRange(range), method: 'minmax', inputType: 'UINT8' },
    });
    const codes = model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);
    const byChannel = title.includes('Normalization');
    // Scaling for all channels alike costs nothing; by channel it is one convolution of one pixel.
    t.deepEqual(
      codes.slice(0, 3),
      ['QUANTIZE', ...(byChannel ? ['DEPTHWISE_CONV_2D'] : []), 'CONV_2D', 'MEAN'].slice(0, 3) as typeof codes,
    );
    if (!byChannel) t.true(Math.abs(inputRange.low + 1) < 1e-6 && Math.abs(inputRange.high - 1) < 1e-6);
    let worst = 0;
    for (const pixels of photos) {
      const { low, high } = source.range;
      const values = Float32Array.from(pixels, (pixel) => low + (pixel * (high - low)) / 255);
      const wanted = await reference(graph, { name: 'x', shape, values }, 'scores');
      const { outputs } = await runModel(engine, folder, model, Uint8Array.from(pixels));
      worst = Math.max(worst, largestDifference(outputs[0]!, wanted.values));
    }
    t.log(`largest difference of a probability: ${worst.toFixed(4)}`);
    t.true(worst < 0.03, `differs by ${worst}`);
  });
}

for (const [kind, quantize] of [
  ['float', undefined],
  ['quantized', { method: 'minmax', inputType: 'UINT8' }],
] as const) {
  serialTestRequiring(
    [{ kind: 'runtime' }],
    `the wrong range is noticed: every picture is black (${kind})`,
    async (t) => {
      for (const title of ['x / 127.5 - 1', 'Rescaling to 0..1']) {
        const graph = classifier(cases[title]!.scale);
        const def = await readSource(await graph.write(join(folder, `black-${kind}-${title.length}`)));
        const convert = (inputRange: Range | undefined) =>
          convertFile({
            def,
            engine,
            cut: {},
            inputRange,
            quantize,
            photos: async (_, range) => inRange(range),
            onStep: () => undefined,
          });
        t.deepEqual((await convert(undefined)).problems, []);
        const { problems } = await convert({ low: -1, high: 1 });
        t.true(
          problems.some((problem) => /with pixels from -1 to 1 \(given\).*every picture is one colour/.test(problem)),
        );
      }
    },
  );
}
