/** From names to models: what is missing or wrong is told with its mend. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ModelsConfig, OwnModelConfig } from '../../src/config/schema.ts';
import { ConfigError, InputError, UnavailableError } from '../../src/errors.ts';
import { type Catalog, loadCatalog } from '../../src/models/catalog.ts';
import type { Model } from '../../src/models/model.ts';
import { type ResolveRequest, resolveModel } from '../../src/models/resolve.ts';
import { places as realPlaces, shared, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const gitBlobOf = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** Enough of a model for this stage: the mark, and names that tell the decoder. */
function modelBytes(words: string): Buffer {
  return Buffer.concat([Buffer.from([0x1c, 0, 0, 0]), Buffer.from(`TFL3 ${words}`)]);
}

interface Workplace {
  readonly folder: string;
  readonly store: string;
  put(name: string, content: string | Uint8Array): string;
  resolve(name: string, rest?: Partial<ResolveRequest>): Promise<Model>;
}

function workplace(t: ExecutionContext, own: Record<string, Partial<OwnModelConfig>> = {}): Workplace {
  const folder = temporaryFolder(t);
  const store = join(folder, 'store');
  const places = { ...realPlaces, modelStores: [store] };
  const models = Object.fromEntries(
    Object.entries(own).map(([name, one]) => [
      name,
      { task: 'detect' as const, feedback: [], ...one, file: join(folder, one.file ?? 'mine.tflite') },
    ]),
  );
  const config: ModelsConfig = { own: models };
  return {
    folder,
    store,
    put: (name, content) => {
      const path = join(folder, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    resolve: (name, rest = {}) => resolveModel({ name, config, places, ...rest }),
  };
}

test('an unknown name, and one that is not on this machine', async (t) => {
  const { resolve } = workplace(t);
  await t.throwsAsync(resolve('nothing-like-it'), {
    instanceOf: ConfigError,
    message: /no model named "nothing-like-it"/,
  });
  await t.throwsAsync(resolve('traffic_model'), {
    instanceOf: UnavailableError,
    message:
      /traffic_model is not on this machine: there is no .*traffic_model\.tflite\. Fetch it with: goby models pull traffic_model/,
  });
});

test('a model for retraining cannot be run', async (t) => {
  const { resolve } = workplace(t);
  await t.throwsAsync(resolve('mobilenet_v1_1.0_224_quant_embedding_extractor'), {
    instanceOf: ConfigError,
    message: /features/,
  });
});

test('a catalog file of the wrong length is damaged', async (t) => {
  const { resolve, put } = workplace(t);
  put('store/traffic_model/traffic_model.tflite', 'short');
  await t.throwsAsync(resolve('traffic_model'), {
    instanceOf: InputError,
    message: /is damaged: it has 5 bytes, expected 3099120\. Fetch it with: goby models pull traffic_model/,
  });
});

/** The project's catalog with one model more, pinned by git blob only. */
function catalogWith(cpu: Buffer, edgetpu: Buffer): Catalog {
  const catalog = loadCatalog(realPlaces.root);
  const url = 'https://example.invalid/m';
  return {
    ...catalog,
    edgetpuDefault: 'pair',
    default: 'pair',
    models: [
      {
        name: 'pair',
        summary: '',
        task: 'detect',
        decoder: 'ssd',
        input: { widthPx: 1, heightPx: 1 },
        labels: 'coco_labels.txt',
        licence: '',
        source: '',
        files: {
          cpu: { file: 'pair.tflite', gitBlob: gitBlobOf(cpu), from: { url } },
          edgetpu: { file: 'pair_edgetpu.tflite', gitBlob: gitBlobOf(edgetpu), from: { url } },
        },
      },
    ],
  };
}

test('files pinned by git blob are hashed, and give their SHA-256', async (t) => {
  const { resolve, put } = workplace(t);
  const [cpu, twin] = [modelBytes('cpu'), modelBytes('edgetpu')];
  const catalog = catalogWith(cpu, twin);
  put('store/pair/pair.tflite', cpu);
  const alone = await resolve('pair', { catalog });
  t.is(alone.pair.cpu.sha256, sha256Of(cpu));
  t.is(alone.pair.edgetpu, undefined, 'the twin need not be here');
  t.is(alone.labels?.length, 90);
  put('store/pair/pair_edgetpu.tflite', twin);
  t.is((await resolve('pair', { catalog })).pair.edgetpu?.sha256, sha256Of(twin));
  put('store/pair/pair.tflite', modelBytes('other'));
  await t.throwsAsync(resolve('pair', { catalog }), { instanceOf: InputError, message: /git blob id/ });
});

test('default with an Edge TPU is the pair once it is pulled, the CPU default before', async (t) => {
  const { resolve, put } = workplace(t);
  const [cpu, twin] = [modelBytes('cpu'), modelBytes('edgetpu')];
  const pair = catalogWith(cpu, twin).models[0]!;
  const catalog: Catalog = {
    ...catalogWith(cpu, twin),
    default: 'plain',
    models: [pair, { ...pair, name: 'plain', files: { cpu: pair.files.cpu } }],
  };
  put('store/plain/pair.tflite', cpu);
  t.is((await resolve('default', { catalog, edgetpu: true })).name, 'plain');
  put('store/pair/pair.tflite', cpu);
  put('store/pair/pair_edgetpu.tflite', twin);
  t.is((await resolve('default', { catalog, edgetpu: true })).name, 'pair');
  t.is((await resolve('default', { catalog })).name, 'plain');
});

test('own models: missing, no model, other hash, bad labels: each names its key', async (t) => {
  const { resolve, put } = workplace(t, {
    gone: { file: 'gone.tflite' },
    text: { file: 'text.tflite' },
    other: { file: 'good.tflite', sha256: '0'.repeat(64) },
    unlabelled: { file: 'good.tflite', labels: join('/nowhere', 'labels.txt') },
    folder: { file: '.' },
  });
  put('text.tflite', 'this is no model');
  put('good.tflite', modelBytes(''));
  for (const [name, says] of [
    ['gone', /^models\.own\.gone\.file: there is no file .*gone\.tflite/],
    ['text', /^models\.own\.text\.file: .*text\.tflite is not a TensorFlow Lite model/],
    ['other', /^models\.own\.other\.file: .*has the SHA-256 [0-9a-f]{64}, expected 0{64}\./],
    ['unlabelled', /label file \/nowhere\/labels\.txt can't be used/],
    ['folder', /is not a file/],
  ] as const) {
    await t.throwsAsync(resolve(name), { message: says }, name);
  }
});

test('an own model wins over the catalog, with its hash, labels and feedback', async (t) => {
  const { resolve, put, folder } = workplace(t, {
    traffic_model: { file: 'mine.tflite', feedback: [{ output: 4, input: 1 }] },
  });
  const bytes = modelBytes('TFLite_Detection_PostProcess');
  put('mine.tflite', bytes);
  put('mine.txt', 'cat\ndog\n');
  t.deepEqual(await resolve('traffic_model'), {
    name: 'traffic_model',
    task: 'detect',
    decoder: 'ssd',
    pair: {
      name: 'traffic_model',
      cpu: { path: join(folder, 'mine.tflite'), sha256: sha256Of(bytes) },
      feedback: [{ output: 4, input: 1 }],
    },
    labels: ['cat', 'dog'],
  });
});

test('a path: decoder told from its outputs, twin and labels found beside it', async (t) => {
  const { resolve, put, folder } = workplace(t);
  for (const [words, decoder] of [
    ['TFLite_Detection_PostProcess', 'ssd'],
    ['regressors classificators', 'blazeface'],
    ['Softmax', 'classification'],
  ] as const) {
    const path = put('some.tflite', modelBytes(words));
    t.is((await resolve(path)).decoder, decoder);
  }
  put('some_edgetpu.tflite', modelBytes('edgetpu-custom-op'));
  put('some.txt', 'cat\n');
  const labels = put('other.txt', 'dog\n');
  for (const given of ['some.tflite', 'some_edgetpu.tflite']) {
    const model = await resolve(join(folder, given));
    t.is(basename(model.pair.cpu.path), 'some.tflite');
    t.is(basename(model.pair.edgetpu!.path), 'some_edgetpu.tflite');
    t.deepEqual(model.labels, ['cat']);
  }
  t.deepEqual((await resolve(join(folder, 'some.tflite'), { labelsFile: labels })).labels, ['dog']);
  await t.throwsAsync(resolve('./no-such-model.tflite'), { instanceOf: ConfigError, message: /no-such-model\.tflite/ });
});

testRequiring([{ kind: 'samples' }], 'the default model of a fresh checkout', async (t) => {
  const model = await resolveModel({ name: 'default', config: { own: {} }, places: realPlaces });
  t.is(model.name, loadCatalog(realPlaces.root).default);
  t.true((model.labels?.length ?? 0) > 0);
});

testRequiring([{ kind: 'mirror' }], 'real files by path', async (t) => {
  const { resolve } = workplace(t);
  const classifier = await resolve(shared('models/mobilenet_v1_0.25_128_quant.tflite'));
  t.is(classifier.task, 'classify');
  t.is(classifier.labels?.length, 1001);
  t.truthy(classifier.pair.edgetpu);
  t.is((await resolve(shared('models/traffic_model.tflite'))).decoder, 'ssd');
});
