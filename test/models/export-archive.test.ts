/** Zips of export buttons: model and labels are found inside, within bounds. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { InputError } from '../../src/errors.ts';
import { readExport } from '../../src/models/export-archive.ts';
import { resolveModel } from '../../src/models/resolve.ts';
import { packFiles } from '../../src/models/tflite-file/associated-files.ts';
import { writeModel } from '../../src/models/tflite-file/write-model.ts';
import { fingerprintOfBytes } from '../../src/system/files/integrity.ts';
import { places as realPlaces } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { classifierModel, compiledModel, constantModel } from './sample-models.ts';

const classifier = writeModel(classifierModel([1, 2], 'SOFTMAX'));

function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return packFiles(
    new Uint8Array(),
    Object.entries(files).map(([name, content]) => ({ name, bytes: Buffer.from(content) })),
  );
}

function workplace(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const places = { ...realPlaces, modelStores: [join(folder, 'store')] };
  const put = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  return { folder, places, put };
}

test('what Teachable Machine gives is taken as it is, by path and as an own model', async (t) => {
  const { places, put, folder } = workplace(t);
  const bytes = zip({ 'model.tflite': classifier, 'labels.txt': '0 Katze\n1 Hund\n' });
  const path = put('converted_tflite_quantized.zip', bytes);
  const own = { mine: { task: 'classify' as const, file: path, feedback: [] } };
  for (const name of [path, 'mine']) {
    const model = await resolveModel({ name, config: { own }, places });
    t.is(model.decoder, 'classification');
    t.deepEqual(model.labels, ['Katze', 'Hund']);
    const { cpu } = model.pair;
    t.deepEqual(Buffer.from(readFileSync(cpu.path)), Buffer.from(classifier));
    t.is(cpu.sha256, fingerprintOfBytes(classifier).sha256);
    t.like(cpu.derivedFrom, { path, sha256: fingerprintOfBytes(bytes).sha256, recipes: ['unzip 1'] });
    t.deepEqual(cpu.derivedFrom?.changes, ['model.tflite of converted_tflite_quantized.zip']);
  }
  t.is(readdirSync(join(folder, 'store', 'derived')).filter((name) => name.endsWith('.tflite')).length, 1);
  const wrong = { mine: { ...own.mine, sha256: '0'.repeat(64) } };
  await t.throwsAsync(resolveModel({ name: 'mine', config: { own: wrong }, places }), {
    message: /has the SHA-256 [0-9a-f]{64}, expected 0{64}/,
  });
});

test('exports of Edge Impulse: OpenMV with its list, C++ with its header', async (t) => {
  const { places, put } = workplace(t);
  const fomo = writeModel(
    constantModel([{ shape: [1, 12, 12, 3], values: Array(432).fill(0), last: 'SOFTMAX' }], { shape: [1, 96, 96, 3] }),
  );
  const openmv = put(
    'openmv.zip',
    zip({ 'ei_object_detection.py': 'import x', 'labels.txt': 'beer\ncan\n', 'trained.tflite': fomo }),
  );
  const cpp = put(
    'cpp.zip',
    zip({
      'tflite-model/trained_model.tflite': fomo,
      'model-parameters/model_variables.h': 'const char* ei_classifier_inferencing_categories_1[] = { "beer", "can" };',
    }),
  );
  for (const path of [openmv, cpp]) {
    const model = await resolveModel({ name: path, config: { own: {} }, places });
    t.like(model, { decoder: 'fomo', task: 'detect', labels: ['beer', 'can'] });
  }
});

test('the quantized one of several models is taken, and the twin for the Edge TPU beside it', (t) => {
  const content = readExport(
    zip({
      'best_saved_model/best_float32.tflite': 'f',
      'best_saved_model/best_full_integer_quant.tflite': 'q',
      'best_saved_model/best_full_integer_quant_edgetpu.tflite': 'e',
      'best_saved_model/metadata.yaml': 'names:\n  0: cat\n  1: dog\n',
      '__MACOSX/._best.tflite': 'x',
    }),
    'best.zip',
  );
  t.is(content.model.name, 'best_saved_model/best_full_integer_quant.tflite');
  t.is(content.edgetpu?.name, 'best_saved_model/best_full_integer_quant_edgetpu.tflite');
  t.deepEqual(content.labels?.labels, ['cat', 'dog']);
  t.is(readExport(zip({ 'model_unquant.tflite': 'f', 'model.tflite': 'q' }), 'a.zip').model.name, 'model.tflite');
});

test('an archive without a model, or with several, is told by what it holds', (t) => {
  const said = (files: Record<string, string>) =>
    t.throws(() => readExport(zip(files), 'a.zip'), { instanceOf: InputError }).message;
  t.regex(said({ 'readme.txt': 'x' }), /a\.zip holds no \.tflite file\. Export the model as TensorFlow Lite/);
  t.regex(said({ 'model.json': '{}', 'weights.bin': 'x' }), /but a TensorFlow\.js model/);
  t.regex(said({ 'keras_model.h5': 'x', 'labels.txt': 'a' }), /but a Keras model/);
  t.regex(said({ 'tflite-model/compiled.cpp': 'x' }), /as C\+\+ source/);
  t.regex(
    said({ 'config.json': '{}', 'metadata.json': '{}', 'model.weights.h5': 'x' }),
    /is a Keras model \(\.keras\) itself/,
  );
  t.regex(said({}), /a\.zip holds no \.tflite file/);
  t.regex(said({ 'one.tflite': 'x', 'two.tflite': 'y' }), /holds 2 models: one\.tflite, two\.tflite\. Unpack it/);
});

test('an export for the Edge TPU alone, and an inner file that is no model, are told', async (t) => {
  const { places, put } = workplace(t);
  const resolve = (name: string, bytes: Uint8Array) =>
    resolveModel({ name: put(name, bytes), config: { own: {} }, places });
  await t.throwsAsync(
    resolve('edge.zip', zip({ 'model_edgetpu.tflite': writeModel(compiledModel()), 'labels.txt': '0 a\n1 b\n' })),
    {
      instanceOf: InputError,
      message:
        /The archive edge\.zip holds only model_edgetpu\.tflite, which is compiled for the Edge TPU; goby also needs the file/,
    },
  );
  await t.throwsAsync(resolve('bad.zip', zip({ 'model.tflite': 'no model' })), {
    instanceOf: InputError,
    message: /TFL3/,
  });
  await t.throwsAsync(resolve('cut.zip', zip({ 'model.tflite': classifier }).subarray(0, 200)), {
    instanceOf: InputError,
    message: /The archive cut\.zip is cut off/,
  });
  await t.throwsAsync(resolve('empty.zip', zip({})), { instanceOf: InputError, message: /holds no \.tflite file/ });
});

test('a model may be called .lite, inside an archive and by itself', async (t) => {
  const { places, put } = workplace(t);
  const files = { 'ei/trained.lite': classifier, 'ei/trained_edgetpu.lite': 'e', 'ei/labels.txt': 'Katze\nHund\n' };
  t.is(readExport(zip(files), 'a.zip').edgetpu?.name, 'ei/trained_edgetpu.lite');
  const plain = { 'ei/trained.lite': classifier, 'ei/labels.txt': 'Katze\nHund\n' };
  for (const [name, bytes] of [
    ['a.zip', zip(plain)],
    ['trained.lite', classifier],
  ] as const) {
    const model = await resolveModel({ name: put(name, bytes), config: { own: {} }, places });
    t.is(model.decoder, 'classification');
    t.is(model.name, name.replace(/\.\w+$/, ''));
  }
});

test('what is too large is refused before it is unpacked', (t) => {
  const bytes = Buffer.from(zip({ 'model.tflite': classifier }));
  const directory = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  bytes.writeUInt32LE(0x7fff_ffff, directory + 24);
  const { model } = readExport(bytes, 'a.zip');
  t.throws(() => model.content(64 << 20), {
    instanceOf: InputError,
    message: /2147483647 bytes; 67108864 are the most/,
  });
  t.throws(() => readExport(new Uint8Array((64 << 20) + 1), 'a.zip'), { message: /67108864 are the most\. Unpack it/ });
});
