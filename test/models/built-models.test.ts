/** A model that is built here: pinned by the record of its build, and held against what it is elsewhere. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
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

for (const [what, bytes, notes] of [
  ['as elsewhere', usual, 0],
  ['otherwise than elsewhere', 'others', 1],
] as const) {
  test(`a model that comes out ${what} is taken, and ${notes === 0 ? 'nothing' : 'that'} is said`, async (t) => {
    const own = { ...places, modelStores: [temporaryFolder(t)] };
    const said: string[] = [];
    t.is(lookUp(own, entry)[0]!.state, 'missing');
    const [pulled] = await pull({
      ...{ entry, roles: ['cpu'], catalog, places: own, config: {} },
      build: async ({ output }) => {
        await mkdir(dirname(output), { recursive: true });
        await writeFile(output, bytes);
      },
      onNote: (note) => said.push(note),
    });
    t.true(pulled!.fetched);
    t.is(said.length, notes);
    if (notes > 0) t.regex(said[0]!, /came out otherwise here than elsewhere: its hash is [0-9a-f]{64}, not /);
    t.is((await verify(own, entry))[0]!.state, 'ok');
    await writeFile(pulled!.path, bytes.toUpperCase());
    t.is((await verify(own, entry))[0]!.state, 'damaged');
    rmSync(join(dirname(pulled!.path), 'built.tflite.built.json'));
    t.is(lookUp(own, entry)[0]!.state, 'missing', 'nobody knows whether the build was finished');
  });
}
