/** A model that is built here: pinned by the record of its build, and held against what it is elsewhere. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { UnavailableError } from '../../src/errors.ts';
import { type CatalogEntry, catalogEntry, loadCatalog } from '../../src/models/catalog.ts';
import { lookUp, pull, verify } from '../../src/models/store.ts';
import { places } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const catalog = loadCatalog(places.root);
const usual = 'the usual bytes';
const entry: CatalogEntry = {
  ...catalogEntry(catalog, 'default'),
  graph: [],
  files: {
    cpu: {
      file: 'built.tflite',
      bytes: usual.length,
      sha256: createHash('sha256').update(usual).digest('hex'),
      from: { recipe: 'some' },
    },
  },
};

/** @param bytes what the build gives; undefined: it can't be built now */
async function pullInto(stores: readonly string[], bytes: string | undefined, expected = entry) {
  const said: string[] = [];
  const [pulled] = await pull({
    ...{ entry: expected, roles: ['cpu'], catalog, places: { ...places, modelStores: [...stores] }, config: {} },
    build: async ({ output }) => {
      if (bytes === undefined) throw new UnavailableError('There is no network.');
      await mkdir(dirname(output), { recursive: true });
      await writeFile(output, bytes);
    },
    onNote: (note) => said.push(note),
  });
  if (pulled === undefined) throw new Error('pull() told of no file');
  return { ...pulled, said };
}

/** The catalog of a later goby, which expects these bytes. */
function expecting(bytes: string): CatalogEntry {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...entry, files: { cpu: { ...entry.files.cpu, bytes: bytes.length, sha256 } } };
}

test('what an older goby built is built anew, once', async (t) => {
  const stores = [temporaryFolder(t)];
  const next = expecting('the next bytes');
  await pullInto(stores, usual);
  t.like(lookUp({ modelStores: stores }, next)[0], { state: 'present', isOlder: true });
  const { fetched, path, said } = await pullInto(stores, 'the next bytes', next);
  t.true(fetched);
  t.deepEqual(said, []);
  t.is(await readFile(path, 'utf8'), 'the next bytes');
  t.false((await pullInto(stores, undefined, next)).fetched, 'it is there');
});

test('what an older goby built stays where it can not be built anew now, and that is said', async (t) => {
  const stores = [temporaryFolder(t)];
  const next = expecting('the next bytes');
  await pullInto(stores, usual);
  const { fetched, path, said } = await pullInto(stores, undefined, next);
  t.false(fetched);
  t.regex(
    said.join(),
    /stays as an older goby built it: There is no network\. `goby models pull .+` builds the new one\./,
  );
  t.is(await readFile(path, 'utf8'), usual);
  t.is((await verify({ modelStores: stores }, next))[0]!.state, 'ok');
});

test('what comes out otherwise on this machine is not built again and again', async (t) => {
  const stores = [temporaryFolder(t)];
  await pullInto(stores, 'others');
  t.false((await pullInto(stores, undefined)).fetched);
});

for (const [what, bytes, notes] of [
  ['as elsewhere', usual, 0],
  ['otherwise than elsewhere', 'others', 1],
] as const) {
  test(`a model that comes out ${what} is taken, and ${notes === 0 ? 'nothing' : 'that'} is said`, async (t) => {
    const stores = [temporaryFolder(t)];
    const own = { modelStores: stores };
    t.is(lookUp(own, entry)[0]!.state, 'missing');
    const { fetched, path, said } = await pullInto(stores, bytes);
    t.true(fetched);
    t.is(said.length, notes);
    if (notes > 0) t.regex(said[0]!, /came out otherwise here than elsewhere: its hash is [0-9a-f]{64}, not /);
    t.is((await verify(own, entry))[0]!.state, 'ok');
    await writeFile(path, bytes.toUpperCase());
    t.is((await verify(own, entry))[0]!.state, 'damaged');
    rmSync(join(dirname(path), 'built.tflite.built.json'));
    t.is(lookUp(own, entry)[0]!.state, 'missing', 'nobody knows whether the build was finished');
  });
}
