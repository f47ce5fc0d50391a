/** Features survive: kill -9 between records, torn tails, other models. */
import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openFeatureCache } from '../../../src/workshop/train/feature-cache.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const model = 'cd'.repeat(32);
const key = (at: number): string => at.toString(16).padStart(64, '0');

test('what was put is there again, also before it was written', async (t) => {
  const folder = temporaryFolder(t);
  const cache = await openFeatureCache(folder, model, 3);
  for (let at = 0; at < 100; at++) await cache.put(key(at), Float32Array.of(at, 0.5, -1));
  t.deepEqual(cache.get(key(99)), Float32Array.of(99, 0.5, -1));
  await cache.close();
  const again = await openFeatureCache(folder, model, 3);
  t.deepEqual(again.get(key(42)), Float32Array.of(42, 0.5, -1));
  t.is(again.get(key(100)), undefined);
  t.is((await openFeatureCache(folder, 'ef'.repeat(32), 3)).get(key(42)), undefined);
  t.is((await openFeatureCache(folder, model, 4)).get(key(42)), undefined);
});

test('a torn or damaged record is cut off, and the file goes on behind the whole ones', async (t) => {
  const folder = temporaryFolder(t);
  const cache = await openFeatureCache(folder, model, 2);
  for (let at = 0; at < 4; at++) await cache.put(key(at), Float32Array.of(at, at));
  await cache.close();
  const [name] = await readdir(folder);
  const path = join(folder, name!);
  const whole = await readFile(path);
  await truncate(path, whole.length - 3);
  const torn = await openFeatureCache(folder, model, 2);
  t.truthy(torn.get(key(2)));
  t.is(torn.get(key(3)), undefined);
  await torn.put(key(9), Float32Array.of(9, 9));
  await torn.close();
  t.deepEqual((await openFeatureCache(folder, model, 2)).get(key(9)), Float32Array.of(9, 9));
  await appendFile(path, Buffer.alloc(17, 255));
  t.truthy((await openFeatureCache(folder, model, 2)).get(key(9)));
  const bytes = await readFile(path);
  bytes[40]! ^= 255;
  await writeFile(path, bytes);
  t.is((await openFeatureCache(folder, model, 2)).get(key(0)), undefined);
});

test('a folder that cannot be made is told in a sentence', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await t.throwsAsync(openFeatureCache(join(folder, 'file', 'below'), model, 2), {
    message: /could not be written|can't be written/,
  });
});
