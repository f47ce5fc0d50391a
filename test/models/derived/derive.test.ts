/** Derived files: made once, kept with their record, made again where anything of it changed. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { derive } from '../../../src/models/derived/derive.ts';
import type { Recipe } from '../../../src/models/derived/recipe.ts';
import { recipes } from '../../../src/models/derived/recipes.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { fingerprintOf } from '../../../src/system/files/integrity.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { putModel } from '../graph-builder.ts';
import { denseModel } from './dense-model.ts';

function workplace(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const source = putModel(join(folder, 'mine.tflite'), denseModel({ version: 12, scales: [0.5, 0.25] }));
  return { folder, source, places: { modelStores: [join(folder, 'store')] }, kept: join(folder, 'store', 'derived') };
}

test('a derived file tells its own hash, its source with its hash, and what was changed by which recipe', async (t) => {
  const { source, places, kept } = workplace(t);
  const derived = await derive(source, { places });
  t.not(derived.sha256, source.sha256);
  t.is((await fingerprintOf(derived.path)).sha256, derived.sha256);
  t.is(derived.derivedFrom?.path, source.path);
  t.is(derived.derivedFrom?.sha256, source.sha256);
  t.deepEqual(derived.derivedFrom?.recipes, ['float-rows 1', 'operator-versions 1']);
  t.regex(derived.derivedFrom?.changes.join() ?? '', /FULLY_CONNECTED version 12 became 9/);
  t.is(readModel(readFileSync(derived.path), 'derived').operatorCodes[0]!.version, 9);
  const record = JSON.parse(
    readFileSync(join(kept, readdirSync(kept).find((name) => name.endsWith('.json'))!), 'utf8'),
  );
  t.is(record.source, source.sha256);
  t.is(record.file.sha256, derived.sha256);
});

test('it is made once, and again when it is gone or damaged', async (t) => {
  const { source, places } = workplace(t);
  const { path, sha256 } = await derive(source, { places });
  const { mtimeMs } = statSync(path);
  t.is((await derive(source, { places })).path, path);
  t.is(statSync(path).mtimeMs, mtimeMs);
  writeFileSync(path, 'damaged');
  t.is((await derive(source, { places })).sha256, sha256);
  t.is((await fingerprintOf(path)).sha256, sha256);
  rmSync(path);
  t.is((await derive(source, { places })).sha256, sha256);
});

test('a file that no recipe changes stays itself, and is not read again', async (t) => {
  const { folder, places } = workplace(t);
  const plain = putModel(join(folder, 'plain.tflite'), denseModel({ version: 9, scales: [0.5] }));
  t.deepEqual(await derive(plain, { places }), plain);
  rmSync(plain.path);
  t.deepEqual(await derive(plain, { places }), plain);
});

test('another version of a recipe makes another file, and the old one goes', async (t) => {
  const { source, places, kept } = workplace(t);
  const old = await derive(source, { places });
  const newer: readonly Recipe[] = recipes.map((recipe) => ({ ...recipe, version: recipe.version + 1 }));
  const derived = await derive(source, { places, recipes: newer });
  t.not(derived.path, old.path);
  t.deepEqual(derived.derivedFrom?.recipes, ['float-rows 2', 'operator-versions 2']);
  t.is(readdirSync(kept).length, 2, 'one file and its record');
});

test('what is no model, or not the one that was hashed, stays as it is', async (t) => {
  const { folder, source, places } = workplace(t);
  writeFileSync(join(folder, 'text.tflite'), 'no model');
  const text = { path: join(folder, 'text.tflite'), sha256: '0'.repeat(64) };
  t.deepEqual(await derive(text, { places }), text);
  const gone = { path: join(folder, 'gone.tflite'), sha256: '1'.repeat(64) };
  t.deepEqual(await derive(gone, { places }), gone);
  const other = { path: source.path, sha256: '2'.repeat(64) };
  t.deepEqual(await derive(other, { places }), other);
});

test('where the store cannot be written the file lies in a folder of this process', async (t) => {
  const { folder, source } = workplace(t);
  const blocked = join(folder, 'blocked');
  writeFileSync(blocked, 'a file where a folder should be');
  const derived = await derive(source, { places: { modelStores: [blocked] } });
  t.truthy(derived.derivedFrom);
  t.false(derived.path.startsWith(folder));
  t.is((await fingerprintOf(derived.path)).sha256, derived.sha256);
});
