/** `goby models` as a user runs it, against a store and a mirror of the test's own. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { catalogEntry, loadCatalog } from '../../../src/models/catalog.ts';
import { defaultModelFile, places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Workplace {
  readonly store: string;
  readonly mirror: string;
  models(...args: string[]): Promise<Outcome>;
}

/** A root of its own, so that what this checkout has fetched doesn't count. */
function workplace(t: ExecutionContext): Workplace {
  const root = temporaryFolder(t);
  for (const part of ['src', 'models', 'package.json', 'test/programs/commands/fixtures/run-models.ts']) {
    cpSync(join(places.root, part), join(root, part), { recursive: true });
  }
  symlinkSync(join(places.root, 'node_modules'), join(root, 'node_modules'));
  const mirror = join(root, 'mirror');
  mkdirSync(mirror);
  const configFile = join(root, 'goby.yaml');
  writeFileSync(configFile, JSON.stringify({ models: { own: { mine: { task: 'detect', file: 'mine.tflite' } } } }));
  const { GOBY_STATE_DIR: _, ...outside } = process.env;
  const env = { ...outside, GOBY_MODEL_MIRROR: mirror, GOBY_CONFIG: configFile };
  return {
    store: join(root, 'var', 'models'),
    mirror,
    models: (...args) =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          ['--import=tsx', join(root, 'test/programs/commands/fixtures/run-models.ts'), ...args],
          { env, cwd: root },
          (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
        );
      }),
  };
}

test('unknown names and missing arguments are told, with the fitting exit code', async (t) => {
  const { models } = workplace(t);
  const unknown = await models('pull', 'mobilnet_v2');
  t.is(unknown.code, 78);
  t.regex(unknown.err, /Did you mean .*mobilenet_v2_1\.0_224_quant/);
  t.is((await models('info', 'nothing-like-it')).code, 78);
  const missing = await models('verify', 'traffic_model');
  t.is(missing.code, 1);
  t.regex(missing.err, /traffic_model\.tflite \(missing\)\. Fetch with: goby models pull traffic_model/);
});

test('list names every model, the default, and your own', async (t) => {
  const { models } = workplace(t);
  const { out, code } = await models('list');
  t.is(code, 0);
  t.regex(out, /^ssdlite-mobilenet-v2-coco \*/m);
  t.regex(out, /^traffic_model +detect +256x256 +no +no/m);
  t.regex(out, /^mine +detect +yours/m);
  const listed = JSON.parse((await models('list', '--json')).out) as { name: string; default: boolean }[];
  t.is(listed.filter((model) => model.default).length, 1);
  t.true(listed.length > 15);
});

test('info tells hashes, source and licence', async (t) => {
  const { models } = workplace(t);
  const { out } = await models('info', 'traffic_model');
  t.regex(out, /^feedback +output 4 to input 1, output 5 to input 2$/m);
  t.regex(out, /^licence +Apache-2\.0$/m);
  t.regex(out, /^CPU SHA-256 +[0-9a-f]{64}$/m);
  const info = JSON.parse((await models('info', 'default', '--json')).out) as Record<string, unknown>;
  t.is(info['decoder'], 'ssd');
});

test('every subcommand has help with an example', async (t) => {
  const { models } = workplace(t);
  for (const name of ['list', 'pull', 'info', 'verify', 'inspect']) {
    const { out, code } = await models(name, '--help');
    t.is(code, 0, name);
    t.regex(out, /Examples?:\n +goby models/, name);
  }
});

testRequiring(
  [{ kind: 'default-model' }],
  'inspect says that a file is one of the catalog under another name',
  async (t) => {
    const { models } = workplace(t);
    const copy = join(temporaryFolder(t), 'mine.tflite');
    cpSync(defaultModelFile(), copy);
    const { name, labels } = catalogEntry(loadCatalog(places.root), 'default');
    const { out, err } = await models('inspect', copy);
    t.true(
      out.includes(`catalog        ${name}, byte by byte; where no others are given, labels of ${labels}\n`),
      `${out}${err}`,
    );
    writeFileSync(copy, '\0', { flag: 'a' });
    t.notRegex((await models('inspect', copy)).out, /^catalog/m);
  },
);

testRequiring([{ kind: 'mirror' }], 'pull takes from the mirror, verify finds damage, pull mends it', async (t) => {
  const { models, mirror, store } = workplace(t);
  const name = 'mobilenet_v1_0.25_128_quant';
  const stored = join(store, name, `${name}.tflite`);
  for (const file of [`${name}.tflite`, `${name}_edgetpu.tflite`]) {
    writeFileSync(join(mirror, file), readFileSync(shared(`models/${file}`)));
  }
  const first = await models('pull', name, '--no-edgetpu');
  t.is(first.code, 0, first.err);
  t.is(first.out.trim(), stored);
  t.regex(first.err, /fetched, and its hash is right/);
  t.false(existsSync(join(store, name, `${name}_edgetpu.tflite`)));
  t.regex((await models('pull', name, '--no-edgetpu')).err, /already here, and its hash is right/);
  t.is((await models('verify', name)).code, 0);

  const bytes = readFileSync(stored);
  bytes[5000]! ^= 1;
  writeFileSync(stored, bytes);
  const damaged = await models('verify', name);
  t.is(damaged.code, 1);
  t.regex(damaged.out, /damaged .*has the SHA-256/);

  const pulled = JSON.parse((await models('pull', name, '--edgetpu', '--json')).out) as [
    { files: { role: string; fetched: boolean }[] },
  ];
  t.deepEqual(
    pulled[0].files.map(({ role, fetched }) => [role, fetched]),
    [
      ['cpu', true],
      ['edgetpu', true],
    ],
  );
  t.is((await models('verify', name)).code, 0);
});
