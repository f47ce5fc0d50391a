/** The stable split, and what folders can be trained on. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkTrainable, readPhotoFolders } from '../../../src/workshop/photos/photo-folders.ts';
import { basesOf } from '../../../src/workshop/train/architectures.ts';
import { hashedPercentage, setOf } from '../../../src/workshop/train/split.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const usual = { validation: 10, testing: 10 };

test('a photo stays in its set whatever the folder, the ending and the other photos', (t) => {
  t.is(setOf('/a/b/0001.jpg', usual), setOf('0001.png', usual));
  t.is(hashedPercentage('rose_nohash_1.jpg'), hashedPercentage('rose_nohash_2.jpg'));
  t.not(hashedPercentage('rose_1.jpg'), hashedPercentage('rose_2.jpg'));
  // SHA-1 of "0001" is 62b5d8de..., reduced by 2^27 as retrain.py does.
  t.is(hashedPercentage('0001.jpg').toFixed(6), hashedPercentage('x/0001.jpeg').toFixed(6));
});

test('the sets get about the shares that were asked for', (t) => {
  const names = Array.from({ length: 2000 }, (_, at) => `photo-${at}.jpg`);
  const count = (set: string) => names.filter((name) => setOf(name, usual) === set).length / names.length;
  t.true(Math.abs(count('validation') - 0.1) < 0.03);
  t.true(Math.abs(count('testing') - 0.1) < 0.03);
  t.is(names.filter((name) => setOf(name, { validation: 0, testing: 0 }) === 'training').length, names.length);
});

test('a share grows by taking photos in, not by moving others', (t) => {
  const names = Array.from({ length: 500 }, (_, at) => `photo-${at}.jpg`);
  const before = names.filter((name) => setOf(name, usual) === 'validation');
  t.true(before.every((name) => setOf(name, { validation: 20, testing: 10 }) === 'validation'));
});

async function folders(folder: string, classes: Record<string, number>): Promise<string> {
  for (const [name, photos] of Object.entries(classes)) {
    await mkdir(join(folder, name), { recursive: true });
    for (let at = 0; at < photos; at++) await writeFile(join(folder, name, `${at}.jpg`), `${name} ${at}`);
  }
  return folder;
}

const refusals: [Record<string, number>, RegExp][] = [
  [{ cat: 12 }, /has one class only, cat\. Add a second folder, such as .*no-cat/],
  [{ cat: 12, dog: 0 }, /The folder of the class dog in .* holds no photos\. Fill or remove it/],
  [{ cat: 8, 'cat ': 8 }, /Two classes of .* are called "cat", but for spaces/],
  [{ cat: 4, dog: 5 }, /holds 9 photos; at least 10 are needed/],
];

for (const [classes, message] of refusals) {
  test(`refused: ${JSON.stringify(classes)}`, async (t) => {
    const folder = await folders(temporaryFolder(t), classes);
    const found = await readPhotoFolders(folder);
    t.throws(() => checkTrainable(folder, found.classes, found.photos), { message });
  });
}

test('folders are read in order; what is no photo is left alone', async (t) => {
  const folder = await folders(temporaryFolder(t), { dog: 6, cat: 6 });
  await writeFile(join(folder, 'dog', 'notes.txt'), 'none');
  await writeFile(join(folder, 'loose.jpg'), 'none');
  await mkdir(join(folder, '.cache'));
  const { classes, photos } = await readPhotoFolders(folder);
  t.deepEqual(classes, ['cat', 'dog']);
  t.is(photos.length, 12);
  t.notThrows(() => checkTrainable(folder, classes, photos));
});

test('a folder that is missing or flat is told', async (t) => {
  const folder = temporaryFolder(t);
  await t.throwsAsync(readPhotoFolders(join(folder, 'none')), { message: /there is no such folder/ });
  await writeFile(join(folder, 'a.jpg'), 'x');
  await t.throwsAsync(readPhotoFolders(folder), {
    message: /holds no photos in folders\. Expected is one folder per class/,
  });
});

test("the article's names of architectures lead to files of the catalog", (t) => {
  t.is(basesOf('mobilenet_v2_1.0_224')[0], 'tf2_mobilenet_v2_1.0_224_ptq');
  t.true(basesOf('mobilenet_1.0_224').includes('mobilenet_v1_1.0_224_quant_embedding_extractor'));
  t.deepEqual(basesOf('mobilenet_1.0_224_quantized'), basesOf('mobilenet_v1_1.0_224'));
  t.is(basesOf('mobilenet_0.50_160')[0], 'mobilenet_v1_0.5_160_quant');
  t.is(basesOf('mobilenet_0.25_128')[0], 'mobilenet_v1_0.25_128_quant');
  t.is(basesOf('mobilenet_v2_1.0_224_quant')[0], 'mobilenet_v2_1.0_224_quant');
});
