/** From names to models: what is missing or wrong is told with its mend. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { OwnModelConfig } from '../../src/config/own-model-section.ts';
import type { ModelsConfig } from '../../src/config/schema.ts';
import { ConfigError, InputError, UnavailableError } from '../../src/errors.ts';
import { type Catalog, loadCatalog } from '../../src/models/catalog.ts';
import type { Model } from '../../src/models/model.ts';
import { type ResolveRequest, resolveModel } from '../../src/models/resolve.ts';
import { writeModel } from '../../src/models/tflite-file/write-model.ts';
import { places as realPlaces, shared, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { blazefaceModel, classifierModel, compiledModel, ssdModel } from './sample-models.ts';

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
    unlabelled: { file: 'good.tflite', task: 'classify', labels: join('/nowhere', 'labels.txt') },
    mistaken: { file: 'good.tflite', task: 'detect' },
    folder: { file: '.' },
  });
  put('text.tflite', 'this is no model');
  put('good.tflite', writeModel(classifierModel([1, 2], 'SOFTMAX')));
  for (const [name, says] of [
    ['gone', /^models\.own\.gone\.file: there is no file .*gone\.tflite/],
    ['text', /^models\.own\.text\.file: .*text\.tflite is not a TensorFlow Lite model/],
    ['other', /^models\.own\.other\.file: .*has the SHA-256 [0-9a-f]{64}, expected 0{64}\./],
    ['unlabelled', /label file \/nowhere\/labels\.txt can't be used/],
    [
      'mistaken',
      /^models\.own\.mistaken\.task: good\.tflite gives the scores of classes \(classification\).* Set task: classify/,
    ],
    ['folder', /is not a file/],
  ] as const) {
    await t.throwsAsync(resolve(name), { message: says }, name);
  }
});

const twoDetections = [
  { box: [0, 0, 1, 0.5], classIndex: 0, score: 0.9 },
  { box: [0.5, 0.5, 1, 1], classIndex: 1, score: 0.8 },
] as const;

test('an own model wins over the catalog, with its hash, labels and feedback', async (t) => {
  const { resolve, put, folder } = workplace(t, {
    traffic_model: { file: 'mine.tflite', feedback: [{ output: 3, input: 1 }] },
  });
  const bytes = Buffer.from(writeModel(ssdModel(twoDetections, { classes: 2 })));
  put('mine.tflite', bytes);
  put('mine.txt', 'cat\ndog\n');
  t.deepEqual(await resolve('traffic_model'), {
    name: 'traffic_model',
    task: 'detect',
    decoder: 'ssd',
    roles: { boxes: 0, classes: 1, scores: 2, count: 3 },
    pair: {
      name: 'traffic_model',
      cpu: { path: join(folder, 'mine.tflite'), sha256: sha256Of(bytes) },
      feedback: [{ output: 3, input: 1 }],
    },
    labels: ['cat', 'dog'],
  });
});

test('a path: decoder told from its outputs, twin and labels found beside it', async (t) => {
  const { resolve, put, folder } = workplace(t);
  for (const [model, decoder] of [
    [ssdModel(twoDetections, { classes: 2 }), 'ssd'],
    [blazefaceModel(), 'blazeface'],
    [classifierModel([1], 'LOGISTIC'), 'classification'],
  ] as const) {
    const path = put('some.tflite', writeModel(model));
    t.is((await resolve(path)).decoder, decoder);
  }
  put('some_edgetpu.tflite', writeModel(compiledModel()));
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

test('what the configuration says of pixels and fit wins over what the file says', async (t) => {
  const { resolve, put } = workplace(t, {
    plain: { file: 'mine.tflite', task: 'classify' },
    ranged: { file: 'mine.tflite', task: 'classify', range: [0, 1], fit: 'letterbox' },
    normalised: { file: 'mine.tflite', task: 'classify', normalisation: { mean: [1, 2, 3], std: 4 } },
  });
  put('mine.tflite', writeModel(classifierModel([1, 2], 'SOFTMAX', { name: 'rescaling_input' })));
  t.deepEqual((await resolve('plain')).normalisation, { mean: 0, standardDeviation: 1 });
  t.is((await resolve('plain')).fit, undefined);
  const { normalisation, fit } = await resolve('ranged');
  t.deepEqual(normalisation, { mean: 0, standardDeviation: 255 });
  t.is(fit, 'letterbox');
  t.deepEqual((await resolve('normalised')).normalisation, { mean: [1, 2, 3], standardDeviation: 4 });
});

test('what is no model, or none that goby runs, is named with what helps', async (t) => {
  const { resolve, put } = workplace(t);
  const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
  for (const [name, content, says] of [
    ['pointer', lfs, /is a Git LFS pointer.* git lfs pull/],
    ['page', '<!DOCTYPE html><html>', /is a web page, not a model/],
    ['keras', Buffer.from('\x89HDF\r\n', 'latin1'), /is a Keras model.*goby convert/],
    ['empty', '', /is empty/],
    ['zeros', '\0'.repeat(64), /all zeros/],
    [
      'alone',
      writeModel(compiledModel()),
      /compiled for the Edge TPU, and goby also needs the file .* alone_edgetpu\.tflite/,
    ],
    [
      'nchw',
      writeModel(classifierModel([1, 2], 'SOFTMAX', { shape: [1, 3, 8, 8] })),
      /channels of a picture first \(NCHW, \[1, 3, 8, 8\]\).*channels last/,
    ],
    [
      'text',
      writeModel(classifierModel([1, 2], 'SOFTMAX', { shape: [1, 128], type: 'INT32' })),
      /takes int32 \[1, 128\], which is text or numbers/,
    ],
    ['sound', writeModel(classifierModel([1, 2], 'SOFTMAX', { shape: [15600] })), /sound or another series/],
    ['batch', writeModel(classifierModel([1, 2], 'SOFTMAX', { shape: [4, 8, 8, 3] })), /takes 4 pictures at a time/],
  ] as const) {
    await t.throwsAsync(resolve(put(`${name}.tflite`, content)), { instanceOf: InputError, message: says }, name);
  }
});

test('a file of the catalog under another name has the labels of the catalog, and those that its user names before them', async (t) => {
  const { resolve, put } = workplace(t, { mine: { file: 'renamed.tflite' } });
  const bytes = Buffer.from(writeModel(ssdModel(twoDetections, { classes: 2 })));
  const path = put('renamed.tflite', bytes);
  const catalog = catalogWith(bytes, bytes);
  for (const name of [path, 'mine']) {
    const { labels, notes } = await resolve(name, { catalog });
    t.is(labels?.[17], 'dog');
    t.deepEqual(notes, ['The file is pair of the catalog: its labels are used.']);
  }
  const labelsFile = put('two.txt', 'cat\ndog\n');
  t.deepEqual((await resolve(path, { catalog, labelsFile })).labels, ['cat', 'dog']);

  const other = put('other.tflite', writeModel(ssdModel(twoDetections, { classes: 3 })));
  t.is((await resolve(other, { catalog })).labels, undefined);
  // What is read in another way is another model.
  const classifier = Buffer.from(writeModel(classifierModel([1], 'LOGISTIC')));
  t.is((await resolve(put('c.tflite', classifier), { catalog: catalogWith(classifier, bytes) })).labels, undefined);
});

testRequiring([{ kind: 'samples' }], 'the default model of a fresh checkout', async (t) => {
  const model = await resolveModel({ name: 'default', config: { own: {} }, places: realPlaces });
  t.is(model.name, loadCatalog(realPlaces.root).default);
  t.true((model.labels?.length ?? 0) > 0);
  const byPath = await resolveModel({ name: model.pair.cpu.path, config: { own: {} }, places: realPlaces });
  t.deepEqual(byPath.labels, model.labels);
});

testRequiring([{ kind: 'mirror' }], 'real files by path', async (t) => {
  const { resolve } = workplace(t);
  const classifier = await resolve(shared('models/mobilenet_v1_0.25_128_quant.tflite'));
  t.is(classifier.task, 'classify');
  t.is(classifier.labels?.length, 1001);
  t.truthy(classifier.pair.edgetpu);
  await t.throwsAsync(resolve(shared('models/traffic_model.tflite')), {
    message: /it has 3 inputs.* name them as feedback/,
  });
});
