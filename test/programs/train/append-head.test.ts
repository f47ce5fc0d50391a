/** The written head against the same head in arithmetic, through the real library, on bases of every type. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { goldenInputs } from '../../../src/flow/infer/golden.ts';
import { createWorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import { realValues } from '../../../src/flow/interpret/real-values.ts';
import { silentLogger } from '../../../src/logger.ts';
import { signedBytes } from '../../../src/models/derived/signed-bytes.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { mainGraph, operatorName, type TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { appendHead } from '../../../src/workshop/train/append-head.ts';
import { atResolution } from '../../../src/workshop/train/at-resolution.ts';
import { cutAtPooling } from '../../../src/workshop/train/feature-extractor.ts';
import { featureRow } from '../../../src/workshop/train/feature-set.ts';
import { type Head, predict } from '../../../src/workshop/train/head.ts';
import { mulberry32 } from '../../../src/workshop/train/softmax-regression.ts';
import { places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const classes = 4;

function randomHead(size: number): Head {
  const random = mulberry32(7);
  return {
    size,
    classes,
    weights: Float32Array.from({ length: size * classes }, () => (random() - 0.5) * 20),
    bias: Float32Array.from({ length: classes }, () => random() - 0.5),
  };
}

/** Probabilities of the whole file, and those that arithmetic gives from the extractor's own features. */
async function bothWays(t: ExecutionContext, base: string, isSigned: boolean) {
  const folder = temporaryFolder(t);
  const path = shared(`models/${base}.tflite`);
  const cut = cutAtPooling(readModel(await readFile(path), base), base);
  const signed = signedBytes.apply(cut);
  const extractor = isSigned && 'model' in signed ? signed.model : cut;
  const engine = createWorkerEngine({
    config: { threads: 1, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
    library: places.runtimeLibrary,
    logger: silentLogger,
  });
  const run = async (name: string, model: TfliteModel) => {
    const bytes = writeModel(model);
    const file = join(folder, `${name}.tflite`);
    await writeFile(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const loaded = await engine.load({ name, cpu: { path: file, sha256 } });
    const { outputs } = await engine.infer(name, goldenInputs(loaded, undefined));
    const values = realValues(outputs[0]!);
    return Float32Array.from({ length: values.length }, (_, at) => values.at(at));
  };
  try {
    const raw = await run('features', extractor);
    const features = featureRow(raw);
    const head = randomHead(features.length);
    const model = appendHead(extractor, head);
    return { model, found: await run('whole', model), expected: predict(head, [features])[0]! };
  } finally {
    await engine.stop();
  }
}

const tolerance = 0.002;

for (const [base, isSigned] of [
  ['mobilenet_v1_0.25_128_quant', false],
  ['mobilenet_v1_0.25_128_quant', true],
  ['mobilenet_v1_1.0_224_quant_embedding_extractor', false],
  ['mobilenet_v1_1.0_224_quant_embedding_extractor', true],
  ['tf2_mobilenet_v2_1.0_224_ptq', true],
] as const) {
  testRequiring(
    [{ kind: 'mirror' }, { kind: 'runtime' }],
    `${base} ${isSigned ? 'in signed bytes' : 'as it is'} with a head says what arithmetic says`,
    async (t) => {
      const { model, found, expected } = await bothWays(t, base, isSigned);
      t.is(found.length, classes);
      for (const [label, probability] of expected.entries()) {
        t.true(
          Math.abs(found[label]! - probability) <= tolerance,
          `class ${label}: ${found[label]} and ${probability}`,
        );
      }
      const names = mainGraph(model).operators.map((operator) => operatorName(model, operator));
      t.true(names.includes('L2_NORMALIZATION'));
      t.is(names.filter((name) => name === 'SOFTMAX').length, 1);
    },
  );
}

testRequiring([{ kind: 'mirror' }], 'a model without a pooling layer, or compiled, is no base', async (t) => {
  const detector = shared('models/traffic_model.tflite');
  t.throws(() => cutAtPooling(readModel(new Uint8Array(compiledBytes), 'compiled'), 'compiled'), {
    message: /no pooling layer.*compiled for the Edge TPU/,
  });
  const bytes = await readFile(detector);
  t.throws(() => cutAtPooling(readModel(bytes, 'traffic'), 'traffic'), {
    message: /traffic has no pooling layer to cut at/,
  });
});

let compiledBytes: Uint8Array = new Uint8Array();
test.before(async () => {
  compiledBytes = await readFile(shared('models/mobilenet_v1_0.25_128_quant_edgetpu.tflite')).catch(
    () => new Uint8Array(),
  );
});

for (const [base, native, other] of [
  ['mobilenet_v1_0.25_128_quant', 128, 160],
  ['tf2_mobilenet_v2_1.0_224_ptq', 224, 128],
] as const) {
  testRequiring([{ kind: 'mirror' }, { kind: 'runtime' }], `${base} runs on pictures of ${other} px`, async (t) => {
    const cut = cutAtPooling(readModel(await readFile(shared(`models/${base}.tflite`)), base), base);
    const same = atResolution(cut, native, base);
    t.deepEqual(
      mainGraph(same).tensors.map(({ shape }) => shape),
      mainGraph(cut).tensors.map(({ shape }) => shape),
    );
    const bytes = writeModel(atResolution(cut, other, base));
    const path = join(temporaryFolder(t), 'resized.tflite');
    await writeFile(path, bytes);
    const engine = createWorkerEngine({
      config: { threads: 1, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
      library: places.runtimeLibrary,
      logger: silentLogger,
    });
    try {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const loaded = await engine.load({ name: 'm', cpu: { path, sha256 } });
      t.deepEqual(loaded.inputs[0]!.shape, [1, other, other, 3]);
      const { outputs } = await engine.infer('m', goldenInputs(loaded, undefined));
      t.true(new Set(outputs[0]!.bytes).size > 3);
    } finally {
      await engine.stop();
    }
  });
}
