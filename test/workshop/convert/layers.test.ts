/** Layers and whole small networks made and answered by TensorFlow.js' own Keras: the converted file, in float and in 8 bits, must agree. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  input as inputOf,
  layers as kinds,
  type LayersModel,
  model as modelOf,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import test from 'ava';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { serialTestRequiring } from '../../requiring.ts';
import { createEngine, largestDifference, photosOf, runModel } from './run-model.ts';
import { noise } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'goby-layers-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

const picture = [12, 10, 3];
type Layer = InstanceType<typeof kinds.Layer>;

const chain = (...list: Layer[]) => sequential({ layers: [kinds.inputLayer({ inputShape: picture }), ...list] });

function net(build: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[], shape = picture): LayersModel {
  const x = inputOf({ shape });
  return modelOf({ inputs: x, outputs: build(x) });
}

const on = (layer: Layer, x: SymbolicTensor | SymbolicTensor[]) => layer.apply(x) as SymbolicTensor;
const conv = (filters: number, activation: 'relu' | 'tanh' | 'selu' | 'softplus' | 'mish' = 'relu') =>
  kinds.conv2d({ filters, kernelSize: 3, padding: 'same', activation });

interface Case {
  readonly model: () => LayersModel;
  /** Share of the largest output; absent: 0.04. */
  readonly eightBits?: number;
  /** The picture goes in with channels last, whatever the source has. */
  readonly isFirst?: boolean;
}

const cases: Readonly<Record<string, Case>> = {
  'transposed convolutions, as decoders have them': {
    model: () =>
      chain(
        conv(6),
        kinds.conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
        kinds.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 3, padding: 'valid' }),
      ),
  },
  'squeeze and excitation by Dense layers on a picture of one place': {
    model: () =>
      net((x) => {
        const made = on(conv(8), x);
        const pooled = on(kinds.reshape({ targetShape: [1, 1, 8] }), on(kinds.globalAveragePooling2d({}), made));
        const squeezed = on(kinds.dense({ units: 2, activation: 'relu' }), pooled);
        return on(kinds.multiply(), [made, on(kinds.dense({ units: 8, activation: 'sigmoid' }), squeezed)]);
      }),
  },
  'Dense on a whole picture, and on rows of rows': {
    model: () =>
      chain(
        kinds.dense({ units: 5, activation: 'relu' }),
        kinds.reshape({ targetShape: [12, 50] }),
        kinds.dense({ units: 4 }),
      ),
  },
  'a model inside of a model, called twice': {
    model: () => {
      const inner = net((x) => on(conv(3), x));
      return net((x) => {
        const once = on(inner as Layer, x);
        return on(
          kinds.dense({ units: 3, activation: 'softmax' }),
          on(kinds.globalAveragePooling2d({}), on(inner as Layer, once)),
        );
      });
    },
  },
  'a base and a head, as transfer learning has them': {
    model: () => {
      const base = chain(conv(4), kinds.globalAveragePooling2d({}));
      return net((x) => on(kinds.dense({ units: 3, activation: 'softmax' }), on(base as Layer, x)));
    },
  },
  'channels first and laid flat': {
    isFirst: true,
    model: () =>
      net(
        (x) => {
          const made = on(kinds.conv2d({ filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }), x);
          return on(kinds.dense({ units: 3 }), on(kinds.flatten({ dataFormat: 'channelsFirst' }), made));
        },
        [3, 12, 10],
      ),
  },
  'Softmax that names its axis': {
    model: () => chain(kinds.flatten(), kinds.dense({ units: 5 }), kinds.softmax({ axis: 1 })),
  },
  LayerNormalization: {
    model: () => chain(conv(6), kinds.layerNormalization({}), kinds.globalAveragePooling2d({})),
    eightBits: 0.1,
  },
  'softplus and mish in 8 bits': { model: () => chain(conv(4, 'softplus'), conv(4, 'mish')) },
  'selu and softsign': {
    model: () => chain(conv(4, 'selu'), kinds.activation({ activation: 'softsign' })),
    eightBits: 0.06,
  },
};

/** Weights as training leaves them, in place of zeros and ones. */
function settle(model: LayersModel): void {
  let seed = 3;
  for (const weight of model.weights) {
    const shape = weight.shape as number[];
    const size = shape.reduce((product, one) => product * one, 1);
    const spread = 1.7 / Math.sqrt(Math.max(1, size / (shape.at(-1) ?? 1)));
    seed += 1;
    const isGamma = weight.name.includes('gamma');
    const isKernel = weight.name.includes('kernel');
    const values = noise(size, seed).map((value) => (isGamma ? 1 + value / 3 : isKernel ? value * spread : value / 4));
    weight.write(tf.tensor(values, shape));
  }
}

async function saved(model: LayersModel, name: string): Promise<string> {
  const own = join(folder, name);
  await mkdir(own);
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const parts = [weightData ?? []].flat() as ArrayBuffer[];
      await writeFile(join(own, 'weights.bin'), Buffer.concat(parts.map((part) => Buffer.from(part))));
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      await writeFile(join(own, 'model.json'), JSON.stringify({ modelTopology, weightsManifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return join(own, 'model.json');
}

/** [channels, height, width] -> [height, width, channels]. */
function lastChannels(values: Float32Array, [channels = 1, height = 1, width = 1]: readonly number[]): Float32Array {
  const places = height * width;
  return values.map((_, at) => values[(at % channels) * places + Math.floor(at / channels)]!);
}

for (const [title, { model: make, eightBits = 0.04, isFirst = false }] of Object.entries(cases)) {
  serialTestRequiring([{ kind: 'runtime' }], title, async (t) => {
    const model = make();
    settle(model);
    const shape = (model.inputs[0]!.shape as number[]).slice(1);
    const size = shape.reduce((product, one) => product * one, 1);
    const photos = [7, 21, 22, 23].map((seed) => Float32Array.from(noise(size, seed)));
    const expected = (await (model.predict(tf.tensor(photos[0]!, [1, ...shape])) as tf.Tensor).data()) as Float32Array;
    const fed = photos.map((photo) => (isFirst ? lastChannels(photo, shape) : photo));
    const def = await readSource(await saved(model, title.replaceAll(/\W+/g, '-')));
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const differenceOf = async (converted: Awaited<ReturnType<typeof convertGraph>>) => {
      const { outputs } = await runModel(engine, folder, converted.model, new Uint8Array(fed[0]!.buffer));
      return largestDifference(outputs[0]!, expected) / largest;
    };
    const float = await differenceOf(await convertGraph(def, { cut: {} }));
    const inputRange = { low: -1, high: 1 };
    const quantize = { engine, photos: async () => photosOf(fed), method: 'minmax', inputType: 'FLOAT32' } as const;
    const quantized = await differenceOf(await convertGraph(def, { cut: {}, inputRange, quantize }));
    t.log(`float ${float.toExponential(1)}, 8 bits ${quantized.toExponential(1)}`);
    t.true(float < 1e-5, `float differs by ${float}`);
    t.true(quantized < eightBits, `8 bits differ by ${quantized}`);
  });
}
