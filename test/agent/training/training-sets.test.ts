/** The store of training photos: what it refuses, what it never follows, and how much it keeps. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TrainingSets, trainingLimits } from '../../../src/agent/training/training-sets.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
/** As long as any other, and no two alike. */
const shot = (at: number): Uint8Array => new Uint8Array([0xff, 0xd8, at, 0xd9]);

function setUp(t: ExecutionContext, limits: Partial<typeof trainingLimits> = {}) {
  const outside = temporaryFolder(t);
  const folder = join(outside, 'training');
  const sets = new TrainingSets({ folder, limits: { ...trainingLimits, ...limits }, now: () => 1_760_000_000_000 });
  return { outside, folder, sets };
}

test('a set with classes takes photos, gives them back, and lets them go', async (t) => {
  const { folder, sets } = setUp(t);
  t.deepEqual(await sets.list(), []);
  t.deepEqual(await sets.create('Front Door!', ['Postman', 'no-postman']), {
    set: 'front_door',
    classes: ['postman', 'no-postman'],
  });
  const first = await sets.add('front_door', 'postman', jpeg);
  const second = await sets.add('front_door', 'postman', shot(2));
  t.not(first, second, 'two of one millisecond');
  t.deepEqual(await sets.photos('front_door', 'postman'), [second, first], 'the newest first');
  t.deepEqual(await sets.photo('front_door', 'postman', first), jpeg);
  t.deepEqual(await sets.list(), [
    {
      name: 'front_door',
      classes: [
        { name: 'no-postman', photos: 0 },
        { name: 'postman', photos: 2 },
      ],
    },
  ]);
  await sets.remove('front_door', 'postman', first);
  t.deepEqual(await sets.photos('front_door', 'postman'), [second]);
  await sets.remove('front_door', 'postman');
  await t.throwsAsync(sets.photos('front_door', 'postman'), { message: /no class postman in front_door/ });
  await sets.remove('front_door');
  t.deepEqual(readdirSync(folder), []);
});

test('numbers and bytes are bounded, each with a sentence', async (t) => {
  const { sets } = setUp(t, { sets: 2, classes: 2, photos: 3, photoBytes: 10, bytes: 16 });
  await sets.create('a', ['one', 'two']);
  await sets.create('b', ['one']);
  await t.throwsAsync(sets.create('c', []), { message: /2 training sets, and no more/ });
  await t.throwsAsync(sets.create('a', ['three']), { message: /would have 3 classes; at most 2/ });
  await t.notThrowsAsync(sets.create('a', ['one']), 'what is there already counts once');
  await t.throwsAsync(sets.add('a', 'one', new Uint8Array(11)), { message: /11 bytes; at most 10/ });
  for (let at = 0; at < 3; at++) await sets.add('a', 'one', shot(at));
  await t.throwsAsync(sets.add('a', 'one', jpeg), { message: /has 3 photos/ });
  await sets.add('b', 'one', jpeg);
  await t.throwsAsync(sets.add('b', 'one', shot(9)), { message: /take 16 bytes; at most 16/ });
});

test('many photos at once keep to the bounds', async (t) => {
  const { sets } = setUp(t, { photos: 3 });
  await sets.create('a', ['one']);
  const all = await Promise.allSettled(Array.from({ length: 8 }, (_, at) => sets.add('a', 'one', shot(at))));
  t.is(all.filter(({ status }) => status === 'fulfilled').length, 3);
  t.is((await sets.photos('a', 'one')).length, 3);
});

test('the very same picture is taken once in a set, with a sentence that says where it is', async (t) => {
  const { sets } = setUp(t);
  await sets.create('a', ['one', 'two']);
  await sets.create('b', ['one']);
  await sets.add('a', 'one', jpeg);
  await sets.add('a', 'two', shot(1));
  await t.throwsAsync(sets.add('a', 'one', jpeg), {
    message: /is in one already. Wait until the camera shows another/,
  });
  await t.throwsAsync(sets.add('a', 'two', jpeg), { message: /is in one already. Remove it there/ });
  await t.notThrowsAsync(sets.add('b', 'one', jpeg), 'sets know nothing of each other');
  t.deepEqual(
    (await sets.list()).map(({ classes }) => classes.map(({ photos }) => photos)),
    [[1, 1], [1]],
  );
});

for (const name of [
  '..',
  '.',
  '../b',
  'a/b',
  '/etc',
  'a\0',
  '.hidden',
  'A',
  '-rf',
  '',
  'x'.repeat(41),
  '%2e%2e',
  'job.json',
]) {
  test(`the name ${JSON.stringify(name.slice(0, 12))} leads nowhere`, async (t) => {
    const { outside, sets } = setUp(t);
    writeFileSync(join(outside, 'keep'), 'x');
    await sets.create('a', ['one']);
    const photo = await sets.add('a', 'one', jpeg);
    await t.throwsAsync(sets.add(name, 'one', jpeg));
    await t.throwsAsync(sets.add('a', name, jpeg));
    await t.throwsAsync(sets.photos('a', name));
    await t.throwsAsync(sets.remove(name));
    await t.throwsAsync(sets.remove('a', name));
    await t.throwsAsync(sets.remove('a', 'one', name));
    t.throws(() => sets.photosOf(name));
    for (const path of [
      [name, 'one', photo],
      ['a', name, photo],
      ['a', 'one', name],
    ] as [string, string, string][]) {
      t.is(await sets.photo(...path), undefined);
    }
    t.true(existsSync(join(outside, 'keep')));
    t.deepEqual(await sets.photos('a', 'one'), [photo]);
  });
}

test('a name without a letter is refused, and a strange one becomes a slug', async (t) => {
  const { outside, folder, sets } = setUp(t);
  await t.throwsAsync(sets.create('///', []), { message: /no letter or digit/ });
  await t.throwsAsync(sets.create('a', ['..']), { message: /no letter or digit/ });
  const { set } = await sets.create('../../Tür', []);
  t.regex(set, /^tur-[0-9a-f]{8}$/);
  t.deepEqual(readdirSync(folder), [set]);
  t.deepEqual(readdirSync(outside), ['training']);
});

test('links are followed nowhere: neither read, nor written through, nor emptied', async (t) => {
  const { outside, folder, sets } = setUp(t);
  const secret = join(outside, 'secret');
  mkdirSync(secret);
  writeFileSync(join(secret, 'key.jpg'), 'secret');
  await sets.create('a', ['one']);
  symlinkSync(secret, join(folder, 'a', 'photos', 'linked'));
  symlinkSync(join(secret, 'key.jpg'), join(folder, 'a', 'photos', 'one', 'key.jpg'));
  mkdirSync(join(folder, 'b'));
  symlinkSync(secret, join(folder, 'b', 'photos'));
  symlinkSync(join(folder, 'a'), join(folder, 'c'));
  t.deepEqual(await sets.list(), [
    { name: 'a', classes: [{ name: 'one', photos: 0 }] },
    { name: 'b', classes: [] },
  ]);
  t.is(await sets.photo('a', 'one', 'key.jpg'), undefined);
  t.is(await sets.photo('a', 'linked', 'key.jpg'), undefined);
  t.is(await sets.photo('b', 'photos', 'key.jpg'), undefined);
  await t.throwsAsync(sets.add('a', 'linked', jpeg), { message: /no class linked/ });
  await t.throwsAsync(sets.create('b', ['one']), { message: /is no folder/ });
  await t.throwsAsync(sets.create('c', ['one']), { message: /is no folder/ });
  await t.throwsAsync(sets.remove('c'), { message: /no training set c/ });
  await sets.remove('a');
  await sets.remove('b');
  t.deepEqual(readdirSync(secret), ['key.jpg']);
});

test('photos that people copied into a folder count; other files do not', async (t) => {
  const { folder, sets } = setUp(t);
  await sets.create('a', ['one']);
  for (const name of ['IMG_0001.jpeg', 'notes.txt', '.hidden.jpg', 'a b.jpg']) {
    writeFileSync(join(folder, 'a', 'photos', 'one', name), jpeg);
  }
  t.deepEqual(await sets.photos('a', 'one'), ['IMG_0001.jpeg']);
  t.deepEqual(await sets.photo('a', 'one', 'IMG_0001.jpeg'), jpeg);
});

test('long names that differ in a letter of another script stay two', async (t) => {
  const sets = new TrainingSets({ folder: temporaryFolder(t) });
  const { classes } = await sets.create('a', [`${'x'.repeat(50)}\u00e9`, `${'x'.repeat(50)}\u00e8`]);
  t.is(new Set(classes).size, 2);
});
