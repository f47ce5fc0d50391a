/** Models on unsigned bytes and what the recipe makes of them, through the real library: the same answers, other kernels. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { realValues } from '../../../src/flow/interpret/real-values.ts';
import { signedBytes } from '../../../src/models/derived/signed-bytes.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { numbers, unsignedModel } from '../../models/derived/unsigned-model.ts';
import { shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** What models say of inputs, each on the kernels that the library gives it. */
async function answersOf(
  t: ExecutionContext,
  models: readonly TfliteModel[],
  inputs: readonly Uint8Array[],
  builtInKernels = false,
) {
  const { engine } = engineUnderTest(t, { deadlineMs: 60_000 }, undefined, builtInKernels);
  const folder = temporaryFolder(t);
  const all = [];
  for (const [at, model] of models.entries()) {
    const bytes = writeModel(model);
    const path = join(folder, `${at}.tflite`);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { backend, name } = await engine.load({ name: `${at}`, cpu: { path, sha256 } });
    const answers: number[][] = [];
    for (const input of inputs) {
      const { outputs } = await engine.infer(name, [input]);
      const values = realValues(outputs[0]!);
      answers.push(Array.from({ length: values.length }, (_, label) => values.at(label)));
    }
    all.push({ backend, answers });
  }
  return all;
}

function signed(model: TfliteModel): TfliteModel {
  const made = signedBytes.apply(model);
  if ('reason' in made) throw new Error(made.reason);
  return made.model;
}

function pictures(count: number, bytes: number): Uint8Array[] {
  const random = numbers(11);
  return Array.from({ length: count }, () => Uint8Array.from({ length: bytes }, () => random() * 256));
}

for (const [what, options] of [
  ['weights that fit', { furthest: 120, branchScales: [0.1, 0.1] }],
  ['weights that are too far from their zero point', { furthest: 190, branchScales: [0.1, 0.1] }],
  ['branches of different scales', { furthest: 190, branchScales: [0.1, 0.07] }],
  ['an addition without a kernel', { furthest: 190, branchScales: [0.1, 0.07], strangeAddition: true }],
] as const) {
  testRequiring(
    [{ kind: 'runtime' }],
    `signed bytes, ${what}: XNNPACK runs it and the answers are those of the original`,
    async (t) => {
      const inputs = pictures(20, 16 * 16 * 3);
      const model = unsignedModel(options);
      const [before, after] = await answersOf(t, [model, signed(model)], inputs);
      t.deepEqual([before?.backend, after?.backend], ['cpu', 'xnnpack']);
      for (const [at, answer] of before!.answers.entries()) {
        // Probabilities in steps of 1/256: kernels round differently by a step in one layer or another.
        const off = answer.map((value, label) => Math.abs(value - after!.answers[at]![label]!));
        t.true(Math.max(...off) <= 10 / 256, `picture ${at}: ${Math.max(...off)}`);
      }
    },
  );
}

for (const furthest of [120, 190]) {
  testRequiring(
    [{ kind: 'runtime' }],
    `signed bytes, weights of up to ${furthest} steps: on the same kernels every byte of the answer is the original's`,
    async (t) => {
      const model = unsignedModel({ furthest, branchScales: [0.1, 0.1] });
      const [before, after] = await answersOf(t, [model, signed(model)], pictures(20, 16 * 16 * 3), true);
      t.deepEqual([before?.backend, after?.backend], ['cpu', 'cpu']);
      t.deepEqual(after!.answers, before!.answers);
    },
  );
}

testRequiring([{ kind: 'runtime' }], 'the pictures tell the classes of the small model apart', async (t) => {
  const [found] = await answersOf(t, [unsignedModel({ furthest: 190, branchScales: [0.1, 0.07] })], pictures(20, 768));
  const { answers } = found!;
  const spread = answers.map((answer) => Math.max(...answer) - Math.min(...answer));
  t.true(Math.max(...spread) > 0.1, spread.join(' '));
  t.true(new Set(answers.map((answer) => answer.join(' '))).size > 10);
});

for (const file of ['models/mobilenet_v1_0.25_128_quant', 'models/mobilenet_v2_1.0_224_quant']) {
  testRequiring(
    [{ kind: 'runtime' }, { kind: 'mirror' }],
    `${file} in signed bytes runs on XNNPACK and sees the same cat`,
    async (t) => {
      const { plainView } = await import('../../../src/workshop/photos/photo-views.ts');
      const model = readModel(await readFile(shared(`${file}.tflite`)), file);
      const [, heightPx = 0, widthPx = 0] = model.subgraphs[0]!.tensors[model.subgraphs[0]!.inputs[0]!]!.shape;
      const photo = await plainView(await readFile(shared('images/cat_720p.jpg')), { widthPx, heightPx });
      const [before, after] = await answersOf(t, [model, signed(model)], [photo.bytes]);
      const best = ([answer]: number[][]): number => answer!.indexOf(Math.max(...answer!));
      t.deepEqual([before?.backend, after?.backend], ['cpu', 'xnnpack']);
      t.is(best(after!.answers), best(before!.answers));
    },
  );
}

for (const file of ['models/traffic_model', 'cases/models/ssd_v1_quant']) {
  testRequiring(
    [{ kind: 'runtime' }, { kind: 'mirror' }],
    `${file} in signed bytes runs on XNNPACK with its post-processing`,
    async (t) => {
      const model = signed(readModel(await readFile(shared(`${file}.tflite`)), file));
      const [found] = await answersOf(t, [model], []);
      t.is(found!.backend, 'xnnpack');
    },
  );
}
