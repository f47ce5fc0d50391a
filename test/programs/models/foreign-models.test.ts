/** Models of other makers through the real library, from file to boxes: built here with known answers, and files of the mirror. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { photoFrame } from '../../../src/flow/capture/photo-frame.ts';
import type { Decoded } from '../../../src/flow/interpret/decode.ts';
import { createDecode } from '../../../src/flow/interpret/decode.ts';
import { createModelPreprocessor } from '../../../src/flow/preprocess/model-preprocessor.ts';
import { intersectionOverUnion } from '../../../src/geometry/boxes.ts';
import { resolveModel } from '../../../src/models/resolve.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { createChoiceTrial } from '../../../src/workshop/inspect/pixel-choices.ts';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { GraphBuilder, putModel } from '../../models/graph-builder.ts';
import { constantModel, type SsdOutput, ssdModel } from '../../models/sample-models.ts';
import { places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs = [{ kind: 'runtime' }] as const;

/** Resolves a file as every command does, runs it on a photo, and gives what it finds. */
async function detected(t: ExecutionContext, file: string, photo: string, minScore = 0.3): Promise<Decoded[]> {
  const { engine } = engineUnderTest(t, { deadlineMs: 60_000 });
  const model = await resolveModel({
    name: file,
    config: { own: {} },
    places: { ...places, modelStores: [temporaryFolder(t)] },
  });
  const loaded = await engine.load(model.pair);
  const tensor = await createModelPreprocessor(model, loaded).prepare(await photoFrame(photo, 1));
  const result = await engine.infer(loaded.name, [tensor.bytes]);
  return createDecode({ model, loaded, minScore, maxDetections: 20 })(result, tensor.placement);
}

async function anyPhoto(t: ExecutionContext): Promise<string> {
  const path = join(temporaryFolder(t), 'photo.png');
  // As wide as twice its height: a letterbox shows.
  const bytes = await sharp({ create: { width: 64, height: 32, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  writeFileSync(path, bytes);
  return path;
}

const put = (t: ExecutionContext, model: TfliteModel) => putModel(join(temporaryFolder(t), 'm.tflite'), model).path;

testRequiring(needs, 'an SSD gives its boxes whatever the order of its outputs', async (t) => {
  const found = [
    { box: [0.1, 0.2, 0.5, 0.6], classIndex: 2, score: 0.9 },
    { box: [0.5, 0.5, 1, 1], classIndex: 0, score: 0.7 },
  ] as const;
  for (const order of [
    ['boxes', 'classes', 'scores', 'count'],
    ['scores', 'boxes', 'count', 'classes'],
    ['count', 'classes', 'boxes', 'scores'],
  ] as const satisfies readonly (readonly SsdOutput[])[]) {
    const names = order.map((_, at) => `StatefulPartitionedCall:${at}`);
    const boxes = await detected(t, put(t, ssdModel(found, { classes: 3, order, names })), await anyPhoto(t));
    t.deepEqual(
      boxes.map(({ classIndex, score, box }) => [
        classIndex,
        Number(score.toFixed(2)),
        box!.map((side) => Number(side.toFixed(2))),
      ]),
      [
        [2, 0.9, [0.2, 0.1, 0.6, 0.5]],
        [0, 0.7, [0.5, 0.5, 1, 1]],
      ],
      order.join(),
    );
  }
});

testRequiring(
  needs,
  'a YOLO is letterboxed, and its boxes go back to the picture, in float and in 8 bits',
  async (t) => {
    const cells = 64 + 16 + 4;
    const values = Array.from({ length: 6 * cells }, () => 0);
    // On a picture twice as wide as high, which fills the middle half of the square: x 0.25..0.75, y 0.4..0.6.
    for (const [number, value] of [0.5, 0.5, 0.5, 0.2, 0, 0.8].entries()) values[number * cells + 7] = value;
    const expected = { classIndex: 1, score: 0.8, box: [0.25, 0.3, 0.75, 0.7] };
    const stored = (scale: number, zeroPoint: number) => values.map((value) => Math.round(value / scale) + zeroPoint);
    const shape = [1, 6, cells];
    const float = constantModel([{ shape, values }], { shape: [1, 64, 64, 3] });
    const quantization = { scale: [1 / 200], zeroPoint: [-128] };
    const eight = constantModel([{ shape, values: stored(1 / 200, -128), type: 'INT8', quantization }], {
      shape: [1, 64, 64, 3],
      type: 'INT8',
      quantization: { scale: [1 / 255], zeroPoint: [-128] },
    });
    for (const model of [float, eight]) {
      const [one, ...others] = await detected(t, put(t, model), await anyPhoto(t));
      t.deepEqual(others, []);
      t.is(one?.classIndex, expected.classIndex);
      t.true(Math.abs(one!.score - expected.score) < 0.01);
      t.true(
        one!.box!.every((side, at) => Math.abs(side - expected.box[at]!) < 0.01),
        `${one!.box}`,
      );
    }
  },
);

testRequiring(needs, '`models try` shows what each way to give pixels answers', async (t) => {
  // The mean of all pixels against 0.9: only pixels of 0..1 or -1..1 stay below.
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 4, 4, 3], { name: 'picture' });
  const row = graph.tensor([1, 48]);
  const size = graph.constant([2], [1, 48], { type: 'INT32' });
  graph.operator('RESHAPE', [picture, size], [row], { options: { table: 'ReshapeOptions', newShape: [1, 48] } });
  const weights = graph.constant([2, 48], [...Array(48).fill(1 / 48), ...Array(48).fill(0)]);
  const logits = graph.tensor([1, 2]);
  graph.operator('FULLY_CONNECTED', [row, weights, graph.constant([2], [0, 2])], [logits], {
    options: {
      table: 'FullyConnectedOptions',
      fusedActivationFunction: 'NONE',
      weightsFormat: 'DEFAULT',
      keepNumDims: false,
      asymmetricQuantizeInputs: false,
      quantizedBiasType: 'FLOAT32',
    },
  });
  const { engine } = engineUnderTest(t, { deadlineMs: 60_000 });
  const model = await resolveModel({
    name: put(t, graph.model([picture], [logits])),
    config: { own: {} },
    places: { ...places, modelStores: [temporaryFolder(t)] },
  });
  const loaded = await engine.load(model.pair);
  const answers = await createChoiceTrial({ model, loaded, engine, minScore: 0, count: 1 })(await anyPhoto(t));
  t.deepEqual(
    answers.map(({ choice: { name, isUsed }, detections }) => [name, isUsed, detections[0]?.label]),
    [
      ['-1 to 1', true, 'class 1'],
      ['0 to 1', false, 'class 1'],
      ['0 to 255', false, 'class 0'],
      ['ImageNet mean and deviation', false, 'class 1'],
    ],
  );
});

const goby = (...args: string[]) =>
  spawnSync(process.execPath, ['--import=tsx', join(places.root, 'src/main.ts'), ...args], {
    encoding: 'utf8',
    cwd: places.root,
  });

testRequiring([...needs, { kind: 'mirror' }], 'files of others find what is there', async (t) => {
  // Boxes that were looked at on the annotated photo: a woman from the chest up; two men in front, one woman and one man behind.
  const hopper = await detected(t, shared('cases/models/yolov8n_192.tflite'), shared('images/grace_hopper.jpg'), 0.5);
  t.is(hopper.length, 1);
  t.true(intersectionOverUnion(hopper[0]!.box!, [0.02, 0.03, 0.98, 1]) > 0.9);
  const four = await detected(t, shared('cases/models/yolov8n_192.tflite'), shared('images/face.jpg'), 0.5);
  t.is(four.length, 4);
  for (const seen of [
    [0.43, 0.05, 1, 0.98],
    [0.06, 0.17, 0.48, 0.99],
    [0.01, 0.23, 0.2, 0.99],
    [0.82, 0.28, 1, 0.97],
  ] as const) {
    t.true(
      four.some(({ box }) => intersectionOverUnion(box!, seen) > 0.85),
      `${seen}`,
    );
  }
  const fomo = await detected(t, shared('cases/models/fomo_int8.tflite'), shared('images/hot_dog.jpg'), 0.5);
  t.true(
    fomo.every(
      ({ classIndex, box }) =>
        classIndex === 0 && box!.every((side) => Number.isInteger(Math.round(side * 12e6) / 1e6)),
    ),
  );
  const list = shared('cases/models/ssd_v1_labelmap_with_question_marks.txt');
  const pets = goby(
    'detect',
    shared('images/pets.jpg'),
    '--model',
    shared('cases/models/ssd_v1_quant.tflite'),
    '--labels',
    list,
    '--json',
  );
  t.is(pets.status, 0, pets.stderr);
  t.deepEqual([...new Set(JSON.parse(pets.stdout).detections.map(({ label }: { label: string }) => label))], ['dog']);
});
