/** Networks to train on: each can be asked for by name, and is in the catalog. */
import test from 'ava';
import { baseNetworks, listBases } from '../../src/models/base-networks.ts';
import { loadCatalog } from '../../src/models/catalog.ts';
import { basesOf, defaultArchitecture } from '../../src/workshop/train/architectures.ts';
import { places } from '../requiring.ts';

test('the first is the usual one, and each is what goby train takes it for', (t) => {
  t.is(baseNetworks[0]!.name, defaultArchitecture);
  const { models } = loadCatalog(places.root);
  for (const { name, files } of baseNetworks) {
    t.deepEqual(basesOf(name).slice(0, files.length), files, name);
    for (const file of files)
      t.true(
        models.some((entry) => entry.name === file && entry.task !== 'detect'),
        file,
      );
  }
});

test('what is not on this machine is told', (t) => {
  const found = listBases({ root: places.root, modelStores: ['/nowhere'] as never });
  t.true(found.every(({ here }) => !here));
  t.is(found.length, baseNetworks.length);
});
