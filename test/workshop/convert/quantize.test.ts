/** Quantizing: what must be refused, what must be alike, and how near to float it stays. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { emitModel, floatStorage } from '../../../src/workshop/convert/emit-model.ts';
import type { Graph, Node, Value } from '../../../src/workshop/convert/graph.ts';
import { checkAgreement } from '../../../src/workshop/convert/quantize/check-agreement.ts';
import { compareWithFloat } from '../../../src/workshop/convert/quantize/compare-with-float.ts';
import { bytesOfFloats, openObservation } from '../../../src/workshop/convert/quantize/observe.ts';
import { type OutputAgreement, OutputSums } from '../../../src/workshop/convert/quantize/output-agreement.ts';
import { quantizeGraph } from '../../../src/workshop/convert/quantize/quantize-graph.ts';
import { joinRanges, rangeOf } from '../../../src/workshop/convert/quantize/ranges.ts';
import { activationScales, scaleFor } from '../../../src/workshop/convert/quantize/scales.ts';
import { quantizeWeights } from '../../../src/workshop/convert/quantize/weights.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring, testRequiring } from '../../requiring.ts';
import { createEngine, largestDifference, photosOf, reference, runModel } from './run-model.ts';
import { flag, int, ints, noise, TinyGraph, text } from './tiny-graph.ts';

const value = (name: string, shape: readonly number[], data?: readonly number[]): Value => ({
  name,
  shape,
  ...(data === undefined ? {} : { data: Float32Array.from(data) }),
});

/** A 1x1 convolution of one pixel: weights [out, 1, 1, in]. */
function convolution(
  weights: readonly (readonly number[])[],
  bias: readonly number[],
): Extract<Node, { kind: 'convolution' }> {
  const into = weights[0]!.length;
  return {
    kind: 'convolution',
    name: 'conv',
    inputs: [
      value('x', [1, 1, 1, into]),
      value('w', [weights.length, 1, 1, into], weights.flat()),
      value('b', [weights.length], bias),
    ],
    output: value('y', [1, 1, 1, weights.length]),
    window: {
      height: 1,
      width: 1,
      strideHeight: 1,
      strideWidth: 1,
      dilationHeight: 1,
      dilationWidth: 1,
      padding: 'SAME',
    },
    activation: 'NONE',
  };
}

const unit = scaleFor({ low: -1, high: 1 });

test('a bias that does not fit 32 bits is refused where the scale can not be raised', (t) => {
  const node = {
    ...convolution([[1e-9, 2e-9]], [5]),
    kind: 'dense',
    inputs: [value('x', [1, 2]), value('w', [1, 2], [1e-9, 2e-9]), value('b', [1], [5])],
  } as unknown as Node;
  t.throws(() => quantizeWeights(node, { input: unit, output: unit }), {
    instanceOf: InputError,
    message: /bias 5 of conv, channel 0, is \d+ steps.*doesn't fit 32 bits/,
  });
});

test('the scale of a near-dead channel is raised until its bias fits, and its neighbours keep theirs', (t) => {
  const { filter, bias, raisedChannels } = quantizeWeights(
    convolution(
      [
        [1e-9, 0],
        [0.5, 0.254],
      ],
      [3, -2],
    ),
    { input: unit, output: unit },
  );
  t.is(raisedChannels, 1);
  const [dead = 0, alive = 0] = filter.scale;
  t.is(alive, Math.fround(0.5 / 127));
  const steps = new Int32Array(new Uint8Array(bias.data!).buffer);
  t.true(Math.abs(steps[0]!) <= 2 ** 30);
  t.true(Math.abs(steps[0]! * dead * unit.scale - 3) < 1e-6);
  t.true((dead * unit.scale) / unit.scale >= 2 ** -28);
  t.deepEqual(Array.from(new Int8Array(new Uint8Array(filter.data!).buffer)), [0, 0, 127, 65]);
});

test('a channel of nothing but zeros has a scale that kernels take', (t) => {
  const { filter, bias } = quantizeWeights(convolution([[0, 0]], [0]), { input: unit, output: unit });
  t.true(filter.scale[0]! >= 2 ** -28);
  t.deepEqual(Array.from(bias.data!), [0, 0, 0, 0]);
});

test('zero is exact in every scale, and the range fits int8', (t) => {
  for (const [low, high] of [
    [-1, 1],
    [0, 6],
    [-3, 0],
    [-0.01, 100],
    [0, 0],
  ] as const) {
    const { scale, zeroPoint } = scaleFor({ low, high });
    t.true(Number.isInteger(zeroPoint) && zeroPoint >= -128 && zeroPoint <= 127, `${low}..${high}`);
    t.true(scale > 0);
    t.true(high === low || Math.abs(scale * (127 - zeroPoint) - high) <= scale, `${low}..${high}`);
  }
  t.deepEqual(scaleFor({ low: 0, high: 255 }), { scale: 1, zeroPoint: -128 });
});

test('ranges: averaged, widest, and without the outermost values', (t) => {
  const ranges = [
    { low: -1, high: 3 },
    { low: -3, high: 5 },
  ];
  t.deepEqual(joinRanges(ranges, 'average'), { low: -2, high: 4 });
  t.deepEqual(joinRanges(ranges, 'minmax'), { low: -3, high: 5 });
  t.deepEqual(joinRanges([{ low: 2, high: 5 }], 'minmax'), { low: 0, high: 5 });
  const data = Float32Array.from({ length: 100_000 }, (_, at) => (at === 0 ? 1000 : (at % 100) / 100));
  t.deepEqual(rangeOf(data, 'average'), { low: 0, high: 1000 });
  t.true(rangeOf(data, 'percentile').high < 2);
});

function graphOf(nodes: readonly Node[], input: Value): Graph {
  return { inputs: [input], outputs: [nodes.at(-1)!.output], outputNames: ['y'], nodes };
}

test('what is joined has one scale, the widest; sigmoids have a fixed one', (t) => {
  const input = value('x', [1, 4]);
  const reshaped = value('r', [1, 4]);
  const doubled = value('d', [1, 4]);
  const joined = value('j', [1, 8]);
  const sigmoid = value('s', [1, 8]);
  const nodes: Node[] = [
    { kind: 'unary', operation: 'ABS', name: 'abs', inputs: [input], output: reshaped },
    { kind: 'unary', operation: 'ABS', name: 'double', inputs: [input], output: doubled },
    { kind: 'concatenation', axis: 1, name: 'join', inputs: [reshaped, doubled], output: joined },
    { kind: 'unary', operation: 'LOGISTIC', name: 'sigmoid', inputs: [joined], output: sigmoid },
  ];
  const range = (high: number) => ({ low: 0, high });
  const ranges = new Map([
    [reshaped, range(2)],
    [doubled, range(8)],
    [joined, range(8)],
    [sigmoid, range(1)],
  ]);
  const scales = activationScales(graphOf(nodes, input), ranges, { low: -1, high: 1 });
  t.deepEqual(scales.get(reshaped), scaleFor({ low: 0, high: 8 }));
  t.deepEqual(scales.get(doubled), scales.get(joined));
  t.deepEqual(scales.get(sigmoid), { scale: 1 / 256, zeroPoint: -128 });
  t.deepEqual(scales.get(input), unit);
});

test('fixed scales that can not be joined are refused', (t) => {
  const input = value('x', [1, 4]);
  const [a, b, joined] = [value('a', [1, 4]), value('b', [1, 4]), value('j', [1, 8])];
  const nodes: Node[] = [
    { kind: 'unary', operation: 'LOGISTIC', name: 'sigmoid', inputs: [input], output: a! },
    { kind: 'unary', operation: 'TANH', name: 'tanh', inputs: [input], output: b! },
    { kind: 'concatenation', axis: 1, name: 'join', inputs: [a!, b!], output: joined! },
  ];
  t.throws(
    () => activationScales(graphOf(nodes, input), new Map([[joined!, { low: 0, high: 1 }]]), { low: -1, high: 1 }),
    {
      instanceOf: InputError,
      message: /a, b, j must have one scale|must have one scale/,
    },
  );
});

test('what has no 8-bit kernel computes in float between 8 bits, and what follows it until 8 bits are needed', (t) => {
  const input = value('x', [1, 4]);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => value(name, [1, 4]));
  const one = value('one', [], [1]);
  const nodes: Node[] = [
    { kind: 'unary', operation: 'EXP', name: 'grow', inputs: [input], output: a! },
    { kind: 'binary', operation: 'ADD', activation: 'NONE', name: 'more', inputs: [a!, one], output: b! },
    { kind: 'unary', operation: 'LOG', name: 'shrink', inputs: [b!], output: c! },
    { kind: 'softmax', name: 'shares', inputs: [c!], output: d! },
  ];
  const ranges = new Map([a!, b!, c!, d!].map((one) => [one, { low: 0, high: 4 }]));
  const graph = graphOf(nodes, input);
  const storage = quantizeGraph(graph, { ranges, inputRange: { low: -1, high: 1 }, inputType: 'INT8' });
  const { operatorCodes, subgraphs } = emitModel(graph, storage);
  const { operators, tensors } = subgraphs[0]!;
  t.deepEqual(
    operators.map(({ opcodeIndex }) => operatorCodes[opcodeIndex]!.builtin as string),
    ['DEQUANTIZE', 'EXP', 'ADD', 'LOG', 'QUANTIZE', 'SOFTMAX', 'DEQUANTIZE'],
  );
  const typesOf = (at: number) => operators[at]!.inputs.map((index) => tensors[index]!.type as string);
  t.deepEqual([typesOf(2), typesOf(5)], [['FLOAT32', 'FLOAT32'], ['INT8']]);
});

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-quantize-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shape = [1, 16, 16, 3];
const window = (stride: number) => ({
  strides: ints(1, stride, stride, 1),
  dilations: ints(1, 1, 1, 1),
  padding: text('SAME'),
});

/** The families of a MobileNet: convolution, depthwise, residual, pool, concatenation, mean, dense, softmax. */
function network(): TinyGraph {
  const graph = new TinyGraph();
  graph.input('x', shape);
  graph.node('stem', 'Conv2D', ['x', graph.floats('stem/filter', [3, 3, 3, 8])], window(2));
  graph.node('stem/out', 'Relu6', [graph.node('stem/sum', 'BiasAdd', ['stem', graph.floats('stem/bias', [8])])]);
  graph.node('spread', 'DepthwiseConv2dNative', ['stem/out', graph.floats('spread/filter', [3, 3, 8, 1])], window(1));
  graph.node('project', 'Conv2D', ['spread', graph.floats('project/filter', [1, 1, 8, 8])], window(1));
  graph.node('residual', 'AddV2', ['project', 'stem/out']);
  graph.node('scaled', 'Mul', ['residual', graph.floats('row', [8, 8])]);
  graph.node('pool', 'MaxPool', ['scaled'], { ...window(2), ksize: ints(1, 2, 2, 1) });
  graph.node('average', 'AvgPool', ['scaled'], { ...window(2), ksize: ints(1, 2, 2, 1) });
  graph.node('joined', 'ConcatV2', ['pool', 'average', graph.integers('axis', [3], [])]);
  graph.node('mean', 'Mean', ['joined', graph.integers('axes', [1, 2])], { keep_dims: flag(false) });
  graph.node('logits', 'MatMul', ['mean', graph.floats('w', [16, 5])], {
    transpose_a: flag(false),
    transpose_b: flag(false),
  });
  graph.node('scores', 'Softmax', ['logits']);
  return graph;
}

async function quantizedNetwork(inputType: 'UINT8' | 'INT8' | 'FLOAT32') {
  const def = await readSource(await network().write(join(folder, inputType)));
  const inputs = [1, 2, 3, 4].map((seed) => Float32Array.from(noise(16 * 16 * 3, seed)));
  const conversion = await convertGraph(def, {
    cut: { outputs: ['scores', 'logits'] },
    quantize: { engine, photos: async () => photosOf(inputs), method: 'minmax', inputType },
  });
  return { ...conversion, inputs };
}

/** Rounding of 8-bit inputs, weights and activations through nine layers: scores of five classes stay within this. */
const scoreTolerance = 0.05;

// In turn: each conversion loads models of the same names.
for (const inputType of ['UINT8', 'INT8', 'FLOAT32'] as const) {
  testRequiring(
    [{ kind: 'runtime' }],
    `a quantized network with ${inputType} input stays near TensorFlow.js`,
    async (t) => {
      await inTurn(async () => {
        const { model, inputs } = await quantizedNetwork(inputType);
        const codes = model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);
        t.is(codes.includes('QUANTIZE'), inputType !== 'INT8');
        const { scale, zeroPoint } = unit;
        const stored = { UINT8: 128, INT8: 0, FLOAT32: 0 }[inputType];
        for (const values of inputs) {
          const steps = Uint8Array.from(
            values,
            (one) => Math.min(127, Math.max(-128, Math.round(one / scale) + zeroPoint)) + stored,
          );
          const bytes = inputType === 'FLOAT32' ? new Uint8Array(values.buffer) : steps;
          const { outputs } = await runModel(engine, folder, model, bytes);
          const expected = await reference(network(), { name: 'x', shape, values }, 'scores');
          const difference = Math.max(...outputs[0]!.map((score, at) => Math.abs(score - expected.values[at]!)));
          t.true(difference < scoreTolerance, `differs by ${difference}`);
        }
      });
    },
  );
}

testRequiring([{ kind: 'runtime' }], 'a graph that is watched in parts shows what it shows at once', async (t) => {
  await inTurn(async () => {
    const { graph, inputs, quantized } = await quantizedNetwork('INT8');
    for (const storage of [floatStorage, { ...quantized!.storage, floatOutputs: false }]) {
      const input = storage === floatStorage ? bytesOfFloats(inputs[0]!) : new Uint8Array(16 * 16 * 3).fill(60);
      const shown = async (partBytes?: number): Promise<string[]> => {
        const found: string[] = [];
        const run = await openObservation({ graph, storage, engine, name: 'watched', ...(partBytes && { partBytes }) });
        await run(input, (at, bytes) => {
          found[at] = Buffer.from(bytes).toString('hex');
        });
        return found;
      };
      const whole = await shown();
      t.is(whole.length, graph.nodes.length);
      // One activation a part, and a few.
      for (const partBytes of [1, 1500, 5000]) t.deepEqual(await shown(partBytes), whole);
    }
  });
});

testRequiring(
  [{ kind: 'runtime' }],
  'the comparison with float sees every layer, and refuses a broken model',
  async (t) => {
    await inTurn(async () => {
      const { graph, quantized } = await quantizedNetwork('INT8');
      const { layers, outputs } = await compareWithFloat({ graph, engine, ...quantized! });
      t.is(layers.length, graph.nodes.length);
      t.deepEqual(
        layers.filter(({ output }) => output !== undefined).map(({ output }) => output),
        ['logits', 'scores'],
      );
      t.true(
        layers.every(({ cosine }) => cosine > 0.98),
        JSON.stringify(layers.map(({ name, cosine }) => [name, cosine])),
      );
      t.deepEqual(
        outputs.map(({ output, kind, rows }) => [output, kind, rows]),
        [
          ['scores', 'probabilities', 4],
          ['logits', 'numbers', 4],
        ],
      );
      t.notThrows(() => checkAgreement(outputs));
      const [scores, logits] = outputs;
      const refused = (broken: OutputAgreement, message: RegExp) =>
        t.throws(() => checkAgreement([broken]), { instanceOf: InputError, message });
      refused({ ...logits!, cosine: 0.4 }, /strays .*: logits has a cosine of 0\.400/);
      refused({ ...logits!, noise: 0.5 }, /logits has errors of 50 % of its spread/);
      refused({ ...scores!, clearlyOther: 0.3 }, /scores has another first answer on 30 %/);
      refused({ ...scores!, probabilityError: 0.147 }, /scores has probabilities that are off by 0\.147/);
    });
  },
);

test('two classes: what a cosine calls near is not near in probability', (t) => {
  const sums = new OutputSums('door', 'probabilities', 2);
  const pairs = [
    [0.9, 0.72],
    [0.2, 0.35],
    [0.75, 0.6],
    [0.05, 0.16],
  ];
  for (const [float = 0, quantized = 0] of pairs) {
    sums.add(Float32Array.of(float, 1 - float), Float32Array.of(quantized, 1 - quantized));
  }
  const found = sums.result();
  t.is(found.sameFirst, 1);
  t.true(found.cosine > 0.95);
  t.true(Math.abs(found.probabilityError! - 0.1475) < 1e-6);
  t.throws(() => checkAgreement([found]), { message: /probabilities that are off by 0\.147/ });
});

test('another first answer counts where float was sure, not in a near tie', (t) => {
  const sums = new OutputSums('kinds', 'probabilities', 3);
  sums.add(Float32Array.of(0.4, 0.35, 0.25), Float32Array.of(0.36, 0.38, 0.26));
  sums.add(Float32Array.of(0.8, 0.1, 0.1), Float32Array.of(0.3, 0.4, 0.3));
  const { sameFirst, clearlyOther } = sums.result();
  t.deepEqual([sameFirst, clearlyOther], [0, 0.5]);
});

test('scores of boxes count where there is one, and single scores always', (t) => {
  const boxes = new OutputSums('scores', 'scores', 3);
  boxes.add(Float32Array.of(0.01, 0.02, 0.9), Float32Array.of(0.03, 0.01, 0.7));
  t.true(Math.abs(boxes.result().probabilityError! - 0.2) < 1e-6);
  const single = new OutputSums('score', 'scores', 1);
  single.add(Float32Array.of(0.01), Float32Array.of(0.05));
  t.true(Math.abs(single.result().probabilityError! - 0.04) < 1e-6);
});

testRequiring([{ kind: 'runtime' }], 'two conversions give the same bytes', async (t) => {
  await inTurn(async () => {
    const [first, second] = [await quantizedNetwork('UINT8'), await quantizedNetwork('UINT8')];
    t.deepEqual(writeModel(first.model), writeModel(second.model));
  });
});

let turn: Promise<unknown> = Promise.resolve();
function inTurn(work: () => Promise<void>): Promise<void> {
  const own = turn.then(work);
  turn = own.catch(() => undefined);
  return own;
}

serialTestRequiring(
  [{ kind: 'runtime' }],
  'a sigmoid joined with wider values and with a tanh keeps what these are, in 8 bits',
  async (t) => {
    const graph = new TinyGraph();
    graph.input('x', [1, 4, 4, 3]);
    const filter = (name: string, size: number) =>
      graph.floats(
        name,
        [1, 1, 3, 2],
        noise(6, size).map((value) => value * size),
      );
    const ones = ints(1, 1, 1, 1);
    const window = { strides: ones, dilations: ones, padding: text('SAME'), data_format: text('NHWC') };
    graph.node('boxes', 'Conv2D', ['x', filter('f', 4)], window);
    graph.node('logits', 'Conv2D', ['x', filter('g', 2)], window);
    graph.node('scores', 'Sigmoid', ['logits']);
    graph.node('more', 'Sigmoid', ['boxes']);
    graph.node('both', 'ConcatV2', ['scores', 'more', graph.integers('inner', [3], [])], { N: int(2) });
    graph.node('turns', 'Tanh', ['logits']);
    const parts = ['boxes', 'both', 'turns', graph.integers('axis', [3], [])];
    const output = graph.node('y', 'ConcatV2', parts, { N: int(3) });
    const file = await graph.write(join(folder, 'joined'));
    const shape = [1, 4, 4, 3];
    const photos = [1, 2, 3].map((seed) => Float32Array.from(noise(48, seed)));
    const converted = await convertGraph(await readSource(file), {
      cut: { outputs: [output] },
      inputRange: { low: -1, high: 1 },
      quantize: { engine, photos: async () => photosOf(photos), method: 'minmax', inputType: 'FLOAT32' },
    });
    const expected = await reference(graph, { name: 'x', shape, values: photos[0]! }, output);
    const { outputs } = await runModel(engine, folder, converted.model, new Uint8Array(photos[0]!.buffer));
    const largest = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    t.true(largest > 2);
    t.true(largestDifference(outputs[0]!, expected.values) < largest / 50);
  },
);
