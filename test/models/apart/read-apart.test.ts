/** Strangers' model files are read apart: what a crafted one costs is bounded, and never this process's. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../src/config/load.ts';
import { InputError } from '../../../src/errors.ts';
import { EndedBadly } from '../../../src/models/apart/ended-badly.ts';
import { resolveApart } from '../../../src/models/apart/read-apart.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { mirror, places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { type Aliased, aliasedFile } from './aliased-file.ts';

const config = loadConfig({ env: {} }).config.models;

for (const kind of ['tensors', 'numbers', 'names'] as const satisfies readonly Aliased[]) {
  test(`20 MB of which every byte describes the same ${kind} again are refused soon, and within bounds of memory`, (t) => {
    const bytes = aliasedFile(kind, 20 << 20);
    const before = process.memoryUsage();
    const error = t.throws(() => readModel(bytes, 'bomb.tflite'), { instanceOf: InputError });
    t.regex(error?.message ?? '', /^bomb\.tflite is damaged: (the same data|it describes more than)/);
    const after = process.memoryUsage();
    t.true(after.heapUsed - before.heapUsed < 200 << 20, `${(after.heapUsed - before.heapUsed) / 1e6} MB`);
  });
}

test('a crafted file is refused apart, in a sentence, and this process hardly grows', async (t) => {
  const folder = temporaryFolder(t);
  const name = join(folder, 'bomb.tflite');
  writeFileSync(name, aliasedFile('tensors', 20 << 20));
  const before = process.memoryUsage().rss;
  await t.throwsAsync(resolveApart({ name, config, places }), { instanceOf: InputError, message: /damaged/ });
  t.true(process.memoryUsage().rss - before < 60 << 20);
});

test('what had to be ended is not read again, until it changes', async (t) => {
  const folder = temporaryFolder(t);
  const name = join(folder, 'bomb.tflite');
  writeFileSync(name, aliasedFile('tensors', 4096));
  const request = { name, config, places: { ...places, stateDir: temporaryFolder(t) } };
  const limits = { processorMs: 1, timeMs: 60_000, memoryBytes: 1 << 30 };
  await t.throwsAsync(resolveApart(request, limits), { message: /used: reading it took more than 0\.001 s/ });
  for (const _start of ['second', 'third']) {
    await t.throwsAsync(resolveApart(request, limits), {
      instanceOf: InputError,
      message:
        /when it was tried \(\d{4}-.*\), reading it took more than 0\.001 s .* It is tried again when it changes/,
    });
  }
  // Other limits are another trial, and so is another content.
  await t.throwsAsync(resolveApart(request), { message: /it has no input/ });
  writeFileSync(name, aliasedFile('tensors', 8192));
  await t.throwsAsync(resolveApart(request, limits), { message: /used: reading it took more than 0\.001 s/ });
});

test('as many files are remembered as anybody tries, the newest of them; a damaged record is none', async (t) => {
  const stateDir = temporaryFolder(t);
  const record = new EndedBadly(stateDir);
  const content = (number: number): string => number.toString(16).padStart(64, '0');
  for (let number = 0; number < 70; number++) await record.add(content(number), 'x'.repeat(1000));
  t.is(await record.find(content(5)), undefined);
  t.is((await record.find(content(69)))?.why.length, 500);
  writeFileSync(record.path, '{"files": [');
  t.is(await record.find(content(69)), undefined);
  await record.add(content(1), 'once more');
  t.is((await record.find(content(1)))?.why, 'once more');
});

test('what takes too long, or too much memory, is ended and told', async (t) => {
  const name = join(temporaryFolder(t), 'bomb.tflite');
  writeFileSync(name, aliasedFile('tensors', 4096));
  const request = { name, config, places: { ...places, stateDir: temporaryFolder(t) } };
  await t.throwsAsync(resolveApart(request, { processorMs: 1, timeMs: 60_000, memoryBytes: 1 << 30 }), {
    instanceOf: InputError,
    message: /bomb\.tflite can't be used: reading it took more than 0\.001 s of the processor/,
  });
  await t.throwsAsync(resolveApart(request, { processorMs: 60_000, timeMs: 60_000, memoryBytes: 1 << 20 }), {
    instanceOf: InputError,
    message: /reading it took more than 1 MB of memory/,
  });
  await t.throwsAsync(resolveApart(request, { processorMs: 60_000, timeMs: 1, memoryBytes: 1 << 30 }), {
    name: 'UnavailableError',
    message: /bomb\.tflite can't be used: it was not read within 0\.001 s; this machine is too busy/,
  });
});

test('a file that is not there is told as ever', async (t) => {
  await t.throwsAsync(resolveApart({ name: '/nowhere/m.tflite', config, places }), {
    name: 'ConfigError',
    message: /there is no file \/nowhere\/m\.tflite/,
  });
});

testRequiring([{ kind: 'mirror' }], 'a sound model is read apart as it is read here', async (t) => {
  const { resolveModel } = await import('../../../src/models/resolve.ts');
  const name = join(mirror!, 'mobilenet_v2_1.0_224_quant.tflite');
  const request = { name, config, places };
  t.deepEqual(await resolveApart(request), await resolveModel(request));
});
