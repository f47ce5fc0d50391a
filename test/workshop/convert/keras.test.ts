/** Keras models in all of their forms against an evaluation of their own; operators and agreement are printed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { type Conversion, convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { hasWeights } from '../../../src/workshop/convert/graph.ts';
import { compareWithFloat } from '../../../src/workshop/convert/quantize/compare-with-float.ts';
import type { Range } from '../../../src/workshop/convert/quantize/ranges.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring } from '../../requiring.ts';
import { efficientnetB0, mobilenetV1, mobilenetV2, mobilenetV3, transferLearning } from './keras-applications.ts';
import { type Form, KerasNet } from './keras-net.ts';
import { createEngine, largestDifference, photosOf, runModel } from './run-model.ts';
import { noise } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-keras-'));
  engine = createEngine();
  await tf.setBackend('wasm');
  await tf.ready();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Pixels of patches, coarse and fine, as photos have them. */
function pixels(side: number, seed: number): Uint8Array {
  const sums = new Float32Array(side * side * 3);
  for (const [level, patch] of [16, 8, 2].entries()) {
    const across = Math.ceil(side / patch);
    const colours = noise(across * across * 3, seed * 10 + level);
    for (let at = 0; at < sums.length; at += 1) {
      const [x, y] = [Math.floor((Math.floor(at / 3) % side) / patch), Math.floor(Math.floor(at / 3 / side) / patch)];
      sums[at]! += colours[(y * across + x) * 3 + (at % 3)]! / (level + 1.5);
    }
  }
  return Uint8Array.from(sums, (value) => Math.min(255, Math.max(0, Math.round(127.5 + 90 * value))));
}

const inRange = (bytes: Uint8Array, { low, high }: Range): Float32Array =>
  Float32Array.from(bytes, (pixel) => low + (pixel * (high - low)) / 255);

const operatorsOf = ({ model }: Pick<Conversion, 'model'>): string[] =>
  model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);

interface Wanted {
  readonly side: number;
  readonly range: Range;
  /** Absent: not counted. */
  readonly operators?: number;
  /** In 8 bits too. */
  readonly isQuantized?: boolean;
}

async function converts(t: ExecutionContext, net: KerasNet, file: string, wanted: Wanted): Promise<Conversion> {
  const { side, range, operators, isQuantized = false } = wanted;
  const shape = [1, side, side, 3];
  const def = await readSource(file);
  const conversion = await convertGraph(def, { cut: {} });
  t.deepEqual(conversion.source.range, range);
  let worst = 0;
  for (const seed of [101, 102, 103]) {
    const values = inRange(pixels(side, seed), range);
    const { outputs } = await runModel(engine, folder, conversion.model, new Uint8Array(values.buffer));
    worst = Math.max(worst, largestDifference(outputs[0]!, net.predict(values, shape)));
  }
  const names = operatorsOf(conversion);
  t.log(`float: ${names.length} operators, largest difference of a probability ${worst.toExponential(1)}`);
  t.true(worst < 2e-5, `differs by ${worst}`);
  if (operators !== undefined) t.is(names.length, operators, names.join());
  if (isQuantized) await quantizes(t, def, wanted);
  return conversion;
}

async function quantizes(
  t: ExecutionContext,
  def: Awaited<ReturnType<typeof readSource>>,
  { side }: Wanted,
): Promise<void> {
  const photos = (seeds: readonly number[], range: Range) =>
    photosOf(seeds.map((seed) => inRange(pixels(side, seed), range)));
  const { graph, model, quantized, inputRange } = await convertGraph(def, {
    cut: {},
    quantize: {
      engine,
      photos: async (_, own) => photos([1, 2, 3, 4, 5, 6], own),
      method: 'minmax',
      inputType: 'UINT8',
    },
  });
  // On pictures that were not calibrated with.
  const unseen = photos([101, 102, 103, 104, 105, 106, 107, 108], inputRange);
  const { outputs, layers } = await compareWithFloat({ graph, engine, ...quantized!, photos: unseen });
  const { probabilityError = 1, sameFirst = 0 } = outputs[0]!;
  const head = graph.nodes.findLast(hasWeights)!;
  const made = graph.nodes.findIndex(({ output }) => output === head.inputs[0]);
  const { cosine } = layers[made]!;
  t.log(
    `int8: ${operatorsOf({ model }).length} operators, cosine of the features ${cosine.toFixed(4)}, probabilities off by ${probabilityError.toFixed(4)}, same first answer ${sameFirst}`,
  );
  // Untrained, a network makes more of every rounding from layer to layer: what goes into its last layer is judged.
  t.true(cosine > 0.9, `cosine ${cosine}`);
}

const settled = (net: KerasNet, side: number, range: Range): KerasNet => {
  net.settle(
    [1, 2, 3, 4].map((seed) => inRange(pixels(side, seed), range)),
    [1, side, side, 3],
  );
  return net;
};

const signed = { low: -1, high: 1 };
const bytes = { low: 0, high: 255 };

interface Network {
  readonly make: (form: Form, size: { side: number; classes: number; alpha?: number }) => KerasNet;
  readonly range: Range;
  readonly side: number;
  readonly alpha?: number;
  /** Of the float model. */
  readonly operators: number;
}

const networks: Readonly<Record<string, Network>> = {
  'MobileNet V1': { make: mobilenetV1, range: signed, side: 64, operators: 25 },
  'MobileNet V2': { make: mobilenetV2, range: signed, side: 64, operators: 42 },
  'MobileNet V3 small': { make: mobilenetV3, range: bytes, side: 64, operators: 78 },
  'EfficientNet-B0, half as wide': { make: efficientnetB0, range: bytes, side: 64, alpha: 0.5, operators: 262 },
  'transfer learning': { make: transferLearning, range: bytes, side: 64, operators: 44 },
};

/** The older form as .h5 and the newer as .keras; all four for one network, and for models inside of models. */
const kinds = [
  [2, 'h5'],
  [3, 'keras'],
  [2, 'keras'],
  [3, 'h5'],
] as const;

for (const [title, { make, range, side, alpha, operators }] of Object.entries(networks)) {
  const isSmall = title === 'MobileNet V1' || title === 'transfer learning';
  for (const [form, kind] of isSmall ? kinds : kinds.slice(0, 2)) {
    serialTestRequiring([{ kind: 'runtime' }], `${title}, Keras ${form}, .${kind}`, async (t) => {
      const net = settled(make(form, { side, classes: 6, ...(alpha === undefined ? {} : { alpha }) }), side, range);
      const file = join(folder, `${title.replaceAll(/\W/g, '')}-${form}.${kind}`);
      await (kind === 'h5' ? net.writeH5(file) : net.writeKeras(file, form === 3));
      await converts(t, net, file, { side, range, operators, isQuantized: kind === 'keras' && form === 3 });
    });
  }
}

/** Every other layer of small classifiers, in one net. */
function assorted(form: Form): KerasNet {
  const net = new KerasNet(form, { seed: 40 });
  let x = net.normalization(net.input(16), true);
  x = net.relu6(net.norm(net.conv(x, 8, 3, { bias: true }), { scale: false }), 'activation');
  x = net.norm(net.depthwise(x, 3, { multiplier: 2 }), { center: false, epsilon: 1e-5 });
  const left = net.separable(x, 8);
  const right = net.activation(net.conv(x, 8, 1, { bias: true }), form === 2 ? 'relu' : 'hard_sigmoid');
  const joined = net.plain('Concatenate', { axis: -1 }, [left, right], ([a, b]) => tf.concat([a!, b!], -1));
  const pooled = net.plain(
    'MaxPooling2D',
    { pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
    [joined],
    ([value]) => tf.maxPool(value as tf.Tensor4D, 2, 2, 'valid'),
  );
  const cropped = net.plain(
    'Cropping2D',
    {
      cropping: [
        [1, 0],
        [0, 1],
      ],
    },
    [pooled],
    ([value]) => tf.slice(value!, [0, 1, 0, 0], [-1, 7, 7, -1]),
  );
  const up = net.plain('UpSampling2D', { size: [2, 2], interpolation: 'nearest' }, [cropped], ([value]) =>
    tf.image.resizeNearestNeighbor(value as tf.Tensor4D, [14, 14]),
  );
  const noisy = net.plain('GaussianNoise', { stddev: 0.1 }, [up], ([value]) => value!);
  const less = net.operation('subtract', [1, noisy]);
  const flat = net.plain('GlobalMaxPooling2D', { keepdims: false }, [less], ([value]) => tf.max(value!, [1, 2]));
  net.dense(flat, 4);
  return net;
}

for (const form of [2, 3] as const) {
  serialTestRequiring([{ kind: 'runtime' }], `layers of all kinds, Keras ${form}`, async (t) => {
    const range = { low: 0, high: 1 };
    const net = settled(assorted(form), 16, range);
    const file = join(folder, `assorted-${form}.h5`);
    await net.writeH5(file);
    await converts(t, net, file, { side: 16, range });
  });
}
