import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { GobyError } from '../../../src/errors.ts';
import { ClassFolder } from '../../../src/workshop/dataset/class-folder.ts';
import { differingBits, perceptualHash } from '../../../src/workshop/dataset/perceptual-hash.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A blurred scene of coloured patches; another seed is another scene. */
async function scene(seed: number, { quality = 90, brightness = 1 } = {}): Promise<Buffer> {
  let state = seed;
  const pixels = Uint8Array.from({ length: 12 * 9 * 3 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state >> 16) & 255;
  });
  return sharp(pixels, { raw: { width: 12, height: 9, channels: 3 } })
    .resize(320, 240, { kernel: 'cubic' })
    .modulate({ brightness })
    .jpeg({ quality })
    .toBuffer();
}

const settings = { similarBits: 4, keepFreeBytes: 0 };

test('the same scene in other quality and light hashes alike, another scene does not', async (t) => {
  const [one, again, other] = await Promise.all([
    perceptualHash(await scene(1)),
    perceptualHash(await scene(1, { quality: 40, brightness: 0.9 })),
    perceptualHash(await scene(2)),
  ]);
  t.true(differingBits(one!, again!) <= 4, `${differingBits(one!, again!)} bits`);
  t.true(differingBits(one!, other!) > 12, `${differingBits(one!, other!)} bits`);
});

test('bits are counted', (t) => {
  t.is(differingBits(0n, 0n), 0);
  t.is(differingBits(0b1011n, 0b0110n), 3);
  t.is(differingBits(0n, 2n ** 64n - 1n), 64);
});

test('a photo that is nearly the same as one of the class is left out, in a later run too', async (t) => {
  const folder = temporaryFolder(t);
  const first = await ClassFolder.open({ folder, ...settings });
  t.truthy(await first.add(await scene(1), 0));
  t.is(await first.add(await scene(1, { quality: 40 }), 1), undefined);
  t.truthy(await first.add(await scene(2), 2));
  t.like(first, { count: 2, skipped: 1 });
  const later = await ClassFolder.open({ folder, ...settings });
  t.is(later.count, 2);
  t.is(await later.add(await scene(2), 3), undefined);
  t.is(readdirSync(folder).length, 2);
});

test('with the comparison off every photo is kept', async (t) => {
  const folder = await ClassFolder.open({ folder: temporaryFolder(t), ...settings, similarBits: -1 });
  t.truthy(await folder.add(await scene(1), 0));
  t.truthy(await folder.add(await scene(1), 1));
});

test('a file of the class that is no picture does not stop anything', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'broken.jpg'), 'no picture');
  writeFileSync(join(folder, 'notes.txt'), 'not counted');
  const opened = await ClassFolder.open({ folder, ...settings });
  t.is(opened.count, 1);
  t.truthy(await opened.add(await scene(1), 0));
});

test('what would fill the disk is not written', async (t) => {
  const folder = temporaryFolder(t);
  const photo = await scene(1);
  const limits = { folder, similarBits: 4, keepFreeBytes: 1e6 };
  const full = await ClassFolder.open({ ...limits, freeBytes: async () => 1e6 + photo.byteLength - 1 });
  const error = await t.throwsAsync(full.add(photo, 0));
  t.true(error instanceof GobyError);
  t.regex(error!.message, /MB are kept free/);
  t.deepEqual(readdirSync(folder), []);
  const roomy = await ClassFolder.open({ ...limits, freeBytes: async () => 1e6 + photo.byteLength });
  t.truthy(await roomy.add(photo, 0));
});
