import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { checkGolden, checkLabels, checkValidation } from '../../../src/agent/model-swap/model-check.ts';
import { InputError } from '../../../src/errors.ts';
import type { Model } from '../../../src/models/model.ts';
import { modelFromPath } from '../../../src/models/own-model.ts';
import { readValidation, writeValidation } from '../../../src/models/validation.ts';
import { engineUnderTest, needs } from '../../flow/infer/engine-under-test.ts';
import { mirror, places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

async function candidate(t: Parameters<typeof engineUnderTest>[0]) {
  const { engine } = engineUnderTest(t);
  const model = await modelFromPath(join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite'), {
    labelsFile: join(mirror!, 'imagenet_labels.txt'),
    places,
  });
  return { engine, model, loaded: await engine.load(model.pair) };
}

testRequiring(needs, 'a sound model passes its golden inference', async (t) => {
  const { engine, ...sound } = await candidate(t);
  await t.notThrowsAsync(checkGolden(sound, engine));
});

testRequiring(needs, 'a model must know the photos that it was validated on, as far as they are there', async (t) => {
  const { engine, ...sound } = await candidate(t);
  const folder = temporaryFolder(t);
  const parrot = shared('images/parrot.jpg');
  const label = sound.model.labels!.find((one) => one.includes('macaw'))!;
  const grey = join(folder, 'grey.jpg');
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#808080' } })
    .jpeg()
    .toFile(grey);
  const record = { sha256: sound.loaded.sha256, accuracy: 1 };
  const gone = { file: join(folder, 'gone.jpg'), label };
  await t.notThrowsAsync(checkValidation(sound, { ...record, photos: [{ file: parrot, label }, gone] }, engine));
  await t.notThrowsAsync(checkValidation(sound, { ...record, photos: [gone] }, engine), 'nothing to judge by');
  const wrong = { ...record, photos: [parrot, grey, grey, grey].map((file) => ({ file, label })) };
  const error = await t.throwsAsync(checkValidation(sound, wrong, engine));
  t.true(error instanceof InputError);
  t.regex(error!.message, /knows 1 of 4 of its validation photos; 100 % were recorded/);
});

test('a label that somebody waits for must not vanish, one that nobody waits for may', (t) => {
  const withLabels = (...labels: string[]): Model => ({
    name: 'mine',
    task: 'classify',
    decoder: 'classification',
    pair: { name: 'mine', cpu: { path: '/mine.tflite', sha256: 'a'.repeat(64) } },
    labels,
  });
  const old = withLabels('cat', 'dog');
  t.notThrows(() => checkLabels(withLabels('cat', 'bird'), old, ['cat', '*', 'never known']));
  t.throws(() => checkLabels(withLabels('cat', 'bird'), old, ['dog']), { message: /has no label "dog"/ });
});

test('a validation record is found beside the model; a damaged one is told', async (t) => {
  const folder = temporaryFolder(t);
  const model = join(folder, 'mine.tflite');
  t.is(await readValidation(model), undefined);
  const record = { sha256: 'b'.repeat(64), accuracy: 0.9, photos: [{ file: 'a/1.jpg', label: 'a' }] };
  await writeFile(join(folder, 'mine.validation.json'), JSON.stringify(record));
  t.deepEqual((await readValidation(model))!.photos, [{ file: join(folder, 'a/1.jpg'), label: 'a' }]);
  await writeFile(join(folder, 'mine.validation.json'), '{"accuracy": 2}');
  const error = await t.throwsAsync(readValidation(model));
  t.true(error instanceof InputError);
  t.regex(error!.message, /mine\.validation\.json is damaged/);
});

test('a record that was written is read again, wherever the photos are', async (t) => {
  const folder = temporaryFolder(t);
  const model = join(folder, 'models', 'mine.tflite');
  const photos = [
    { file: join(folder, 'photos', 'a', '1.jpg'), className: 'a' },
    { file: join(folder, 'models', '2.jpg'), className: 'b' },
  ];
  await writeValidation(model, Buffer.from('model'), { photos, right: 1 });
  const record = await readValidation(model);
  t.is(record!.accuracy, 0.5);
  t.deepEqual(
    record!.photos,
    photos.map(({ file, className }) => ({ file, label: className })),
  );
});
