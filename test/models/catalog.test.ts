/** The catalog of the project: whole, coherent, and equal to the files it pins. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ConfigError, GobyError, InputError } from '../../src/errors.ts';
import { catalogEntry, defaultModelName, loadCatalog } from '../../src/models/catalog.ts';
import { essentials, missingEssentials } from '../../src/models/essentials.ts';
import { readLabels } from '../../src/models/labels/read-labels.ts';
import { filesOf } from '../../src/models/store.ts';
import { differenceFrom, fingerprintOf } from '../../src/system/files/integrity.ts';
import { defaultModelFile, places, shared, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const catalog = loadCatalog(places.root);

test('a catalog that is missing, broken or tampered with is a sentence', (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'models'));
  t.throws(() => loadCatalog(root), { instanceOf: InputError, message: /catalog\.json can't be read: ENOENT/ });
  for (const [edit, says] of [
    [(text: string) => text.slice(0, -5), /JSON/],
    [
      (text: string) => text.replace('"face_detection_short_range.tflite"', '"../../x"'),
      /models\[1\].files\.cpu\.file/,
    ],
    [(text: string) => text.replace('https://github.com', 'http://github.com'), /url|Invalid/],
    [(text: string) => text.replaceAll(/"sha256": "[0-9a-f]+",/g, ''), /needs sha256 or gitBlob/],
    [(text: string) => text.replace('sha512-', 'sha1-'), /integrity/],
  ] as const) {
    const original = JSON.stringify(catalog, undefined, 2);
    writeFileSync(join(root, 'models', 'catalog.json'), edit(original));
    t.throws(() => loadCatalog(root), { instanceOf: InputError, message: says });
  }
});

test('an unknown name gets the nearest ones and no guess where nothing is near', (t) => {
  t.throws(() => catalogEntry(catalog, 'mobilnet_v2'), {
    instanceOf: ConfigError,
    message: /Did you mean .*mobilenet_v2_1\.0_224_quant/,
  });
  t.throws(() => catalogEntry(catalog, 'xyzzy'), {
    instanceOf: ConfigError,
    message: /no model named "xyzzy"\. `goby models list`/,
  });
  t.throws(() => catalogEntry(catalog, ''), { instanceOf: ConfigError });
});

test('names are unique, defaults and packages and label files are known', (t) => {
  const names = catalog.models.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  t.is(catalogEntry(catalog, 'default').name, catalog.default);
  t.is(catalogEntry(catalog, 'default', true).name, catalog.edgetpuDefault);
  t.is(defaultModelName(catalog, true), catalog.edgetpuDefault);
  t.truthy(catalogEntry(catalog, catalog.edgetpuDefault).files.edgetpu);
  const files = [
    ...catalog.models.flatMap(filesOf).map(({ pin }) => pin),
    ...catalog.photos,
    ...Object.values(catalog.runtime),
  ];
  for (const { from } of files) if ('package' in from) t.truthy(catalog.packages[from.package], from.package);
  const flat = catalog.models.flatMap(filesOf).map(({ pin }) => pin.file);
  t.is(new Set(flat).size, flat.length, 'a mirror has them in one folder');
});

test('label files have the length the catalog says', async (t) => {
  for (const [file, { classes }] of Object.entries(catalog.labels)) {
    t.is((await readLabels(join(places.root, 'models', file))).length, classes, file);
  }
  const committed = readdirSync(join(places.root, 'models')).filter((name) => name.endsWith('.txt'));
  t.deepEqual(committed.sort(), Object.keys(catalog.labels).sort());
  for (const { labels } of catalog.models) if (labels !== undefined) t.truthy(catalog.labels[labels], labels);
});

test('a processor without a library is a sentence', (t) => {
  t.throws(() => essentials(places, catalog, 'arm'), { instanceOf: GobyError, message: /64-bit/ });
  t.true(essentials(places, catalog, 'arm64').length > 2);
});

testRequiring([{ kind: 'runtime' }, { kind: 'samples' }], 'what the bootstrap fetched is what is pinned', async (t) => {
  t.deepEqual(missingEssentials(places, catalog), []);
  for (const { pin, target } of essentials(places, catalog)) {
    t.is(differenceFrom(pin, await fingerprintOf(target)), undefined, target);
  }
});

testRequiring([{ kind: 'default-model' }], 'the default model is built as it is on every machine', async (t) => {
  const path = defaultModelFile();
  const difference = differenceFrom(catalogEntry(catalog, 'default').files.cpu, await fingerprintOf(path));
  t.is(difference, undefined, 'An older goby built another one: remove its folder and run `npm run build`.');
});

testRequiring([{ kind: 'mirror' }], 'models and labels of the mirror are what is pinned', async (t) => {
  let compared = 0;
  for (const { pin } of catalog.models.flatMap(filesOf)) {
    const path = shared(join('models', pin.file));
    if (!existsSync(path)) continue;
    t.is(differenceFrom(pin, await fingerprintOf(path)), undefined, path);
    compared++;
  }
  t.true(compared >= 8);
  for (const file of ['coco_labels.txt', 'imagenet_labels.txt']) {
    t.deepEqual(await readLabels(join(places.root, 'models', file)), await readLabels(shared(`models/${file}`)));
  }
});
