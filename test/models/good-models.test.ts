/** What is kept of the models that worked, and what is found of it at the next start. */
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../src/logger.ts';
import { GoodModels } from '../../src/models/good-models.ts';
import type { Model } from '../../src/models/model.ts';
import { fingerprintOf } from '../../src/system/files/integrity.ts';

async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-good-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

async function modelIn(folder: string, name: string, content: string): Promise<Model> {
  const path = join(folder, `${name}.tflite`);
  await writeFile(path, content);
  const { sha256 } = await fingerprintOf(path);
  return {
    name,
    task: 'classify',
    decoder: 'classification',
    pair: { name, cpu: { path, sha256 } },
    labels: ['cat'],
    normalisation: { mean: 127.5, standardDeviation: 127.5 },
    fit: 'letterbox',
  };
}

const good = (folder: string) => new GoodModels(join(folder, 'kept'), silentLogger);

test('what worked is found again by its name, from its copy, with all that was known of it', async (t) => {
  const folder = await folderOf(t);
  const model = await modelIn(folder, 'mine', 'one');
  await good(folder).keep(new Map([['mine', model]]));
  await rm(model.pair.cpu.path);
  const found = await good(folder).find('mine');
  const path = join(folder, 'kept', `${model.pair.cpu.sha256}-mine.tflite`);
  t.deepEqual(found, { ...model, pair: { name: 'mine', cpu: { path, sha256: model.pair.cpu.sha256 } } });
  t.is(await good(folder).find('other'), undefined);
  t.is(await good(folder).find('constructor'), undefined);
});

test('a copy that is damaged itself, or gone, is none; nor is a record that can not be read', async (t) => {
  const folder = await folderOf(t);
  const model = await modelIn(folder, 'mine', 'content');
  await good(folder).keep(new Map([['mine', model]]));
  const copy = (await good(folder).find('mine'))!.pair.cpu.path;
  await truncate(copy, 3);
  t.is(await good(folder).find('mine'), undefined);
  // The next start with the original mends it.
  await good(folder).keep(new Map([['mine', model]]));
  t.truthy(await good(folder).find('mine'));
  await rm(copy);
  t.is(await good(folder).find('mine'), undefined);
  await good(folder).keep(new Map([['mine', model]]));
  await writeFile(join(folder, 'kept', 'worked-last.json'), '{"models":{"mine":{}}}');
  t.is(await good(folder).find('mine'), undefined);
});

test('copies of models that are used no more go; one that stays is not written again', async (t) => {
  const folder = await folderOf(t);
  const mine = await modelIn(folder, 'mine', 'one');
  const other = await modelIn(folder, 'other', 'two');
  await good(folder).keep(
    new Map([
      ['mine', mine],
      ['other', other],
    ]),
  );
  const copy = join(folder, 'kept', `${mine.pair.cpu.sha256}-mine.tflite`);
  const before = await stat(copy);
  await good(folder).keep(new Map([['mine', mine]]));
  t.deepEqual((await readdir(join(folder, 'kept'))).sort(), [
    `${mine.pair.cpu.sha256}-mine.tflite`,
    'worked-last.json',
  ]);
  t.is((await stat(copy)).ino, before.ino);
});

test('a folder that can not be written is a warning, and nothing more', async (t) => {
  const folder = await folderOf(t);
  await writeFile(join(folder, 'kept'), 'a file where the folder should be');
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (text: string) => warnings.push(text) };
  await new GoodModels(join(folder, 'kept'), logger as never).keep(
    new Map([['mine', await modelIn(folder, 'mine', 'x')]]),
  );
  t.is(warnings.length, 2);
  t.regex(warnings[0]!, /^mine works, but no copy is kept for a start without it: /);
});
