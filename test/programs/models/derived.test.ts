/** Files that TensorFlow Lite 2.9 refuses, and what goby makes of them, in the real library. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../../src/errors.ts';
import { derive } from '../../../src/models/derived/derive.ts';
import { highestKnownVersion } from '../../../src/models/derived/known-versions.ts';
import { builtinOperators } from '../../../src/models/tflite-file/builtin-operators.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { denseModel } from '../../models/derived/dense-model.ts';
import { flattenModel } from '../../models/derived/flatten-model.ts';
import { bytesOf, GraphBuilder, putModel } from '../../models/graph-builder.ts';
import { places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs = [{ kind: 'runtime' }] as const;

testRequiring(needs, 'a file of a newer TensorFlow is refused by name, with the words of the library', async (t) => {
  const { engine } = engineUnderTest(t);
  const cpu = putModel(join(temporaryFolder(t), 'dense.tflite'), denseModel({ version: 12, scales: [0.5, 0.25] }));
  const { message } = await t.throwsAsync(engine.load({ name: 'dense', cpu }), { instanceOf: InputError });
  t.regex(
    message,
    /dense\.tflite was made with a newer TensorFlow .*: FULLY_CONNECTED version 12 \(this library knows 9\)/,
  );
  t.regex(message, /The library says: Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'/);
  const graph = new GraphBuilder();
  const x = graph.tensor([1]);
  graph.operator('ATAN2', [x, x], [x]);
  const none = putModel(join(temporaryFolder(t), 'none.tflite'), graph.model([x], [x]));
  await t.throwsAsync(engine.load({ name: 'none', cpu: none }), { message: /ATAN2 \(this library has none\)/ });
});

testRequiring(needs, 'the derived file runs, and answers as its source says', async (t) => {
  const { engine } = engineUnderTest(t);
  const folder = temporaryFolder(t);
  const stores = { modelStores: [join(folder, 'store')] };
  // [1,-2,3] * 0.5 and [4,5,-6] * 0.25 on [1,2,3].
  for (const [scales, expected] of [
    [
      [0.5, 0.25],
      [3, -1],
    ],
    [[0.5], [3]],
  ] as const) {
    const source = putModel(join(folder, `dense${scales.length}.tflite`), denseModel({ version: 12, scales }));
    const cpu = await derive(source, { places: stores });
    const name = `dense${scales.length}`;
    await engine.load({ name, cpu });
    const { outputs, model } = await engine.infer(name, [bytesOf('FLOAT32', [1, 2, 3])]);
    t.is(model.sha256, source.sha256, 'the hash that its owner knows');
    const values = [...new Float32Array(new Uint8Array(outputs[0]!.bytes).buffer)];
    // The hybrid kernel rounds the input to 8 bits where the weights have one scale.
    t.true(
      values.every((value, at) => Math.abs(value - expected[at]!) < 0.05),
      `${values}`,
    );
  }
});

testRequiring(
  needs,
  'with shapes as constants the delegate takes what Keras writes, with the same answer',
  async (t) => {
    const { engine } = engineUnderTest(t);
    const folder = temporaryFolder(t);
    const stores = { modelStores: [join(folder, 'store')] };
    const source = putModel(join(folder, 'flatten.tflite'), flattenModel({ before: 'NEG' }));
    const picture = bytesOf(
      'FLOAT32',
      Array.from({ length: 12 }, (_, at) => at / 6 - 1),
    );
    const answers: number[][] = [];
    for (const [name, cpu, backend] of [
      ['as it came', source, 'cpu'],
      ['derived', await derive(source, { places: stores }), 'xnnpack'],
    ] as const) {
      t.is((await engine.load({ name, cpu })).backend, backend);
      const { outputs } = await engine.infer(name, [picture]);
      answers.push([...new Float32Array(new Uint8Array(outputs[0]!.bytes).buffer)]);
    }
    const [plain, derived] = answers as [number[], number[]];
    t.is(plain.length, 2);
    t.true(
      plain.every((score, at) => Math.abs(score - derived[at]!) < 1e-6),
      `${plain} and ${derived}`,
    );
  },
);

testRequiring(needs, 'the table of versions is what the library of this checkout answers', (t) => {
  const program = fileURLToPath(new URL('./fixtures/ask-versions.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--import=tsx', program, places.runtimeLibrary], {
    encoding: 'utf8',
  });
  const { version, highest } = JSON.parse(stdout);
  t.regex(version, /^2\.9/);
  const known = builtinOperators
    .map((builtin) => [builtin, highestKnownVersion(builtin)] as const)
    .filter(([, one]) => one !== undefined);
  t.deepEqual(Object.fromEntries(known), highest);
});

testRequiring([...needs, { kind: 'mirror' }], 'models of others that 2.9 refuses run derived', async (t) => {
  const { engine } = engineUnderTest(t);
  const stores = { modelStores: [join(temporaryFolder(t), 'store')] };
  const run = async (file: string, input: (count: number) => Uint8Array): Promise<number[]> => {
    const path = shared(`cases/models/${file}`);
    const source = { path, sha256: putModel(join(temporaryFolder(t), file), readFileSync(path)).sha256 };
    await t.throwsAsync(engine.load({ name: `${file} as it came`, cpu: source }), { instanceOf: InputError });
    const loaded = await engine.load({ name: file, cpu: await derive(source, { places: stores }) });
    const { outputs } = await engine.infer(file, [input(loaded.inputs[0]!.shape.reduce((a, b) => a * b, 1))]);
    return [...outputs[0]!.bytes];
  };
  t.true((await run('fully_connected_v12_float.tflite', (count) => new Uint8Array(4 * count))).length > 0);
  // The two pictures hold the input's bytes, as tensorflow/tflite-micro's test of this model feeds them, bottom row first.
  const scoreOf = async (picture: string) => {
    const rows = readFileSync(shared(`cases/models/${picture}.bmp`)).subarray(-96 * 96);
    const upright = Buffer.concat(Array.from({ length: 96 }, (_, y) => rows.subarray((95 - y) * 96, (96 - y) * 96)));
    const [, person] = await run('person_detect_grey_int8.tflite', () => upright);
    return ((person! + 128) % 256) / 256;
  };
  t.true((await scoreOf('person')) > 0.9);
  t.true((await scoreOf('no_person')) < 0.4);
});
