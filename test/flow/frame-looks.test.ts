/** The looks at one frame: all of them count or none, and nothing is read after it was given back. */
import test from 'ava';
import sharp from 'sharp';
import { UnavailableError } from '../../src/errors.ts';
import { countedFrame } from '../../src/flow/capture/counted-frame.ts';
import type { Frame } from '../../src/flow/capture/frame.ts';
import { prepareRegions, prepareWhole } from '../../src/flow/frame-looks.ts';
import type { InferenceResult, LoadedModel } from '../../src/flow/infer/engine.ts';
import type { ModelRunner } from '../../src/flow/model-runner.ts';
import { decodeFrame } from '../../src/flow/preprocess/decoded-frame.ts';
import type { Region } from '../../src/flow/regions/region.ts';
import { wholePlacement } from '../../src/geometry/boxes.ts';
import { until } from './publish/waiting.ts';

const size = { widthPx: 64, heightPx: 48 };
const regions: Region[] = [
  { leftPx: 0, topPx: 0, widthPx: 64, heightPx: 48, reason: 'whole' },
  { leftPx: 0, topPx: 0, widthPx: 32, heightPx: 32, reason: 'track' },
  { leftPx: 32, topPx: 16, widthPx: 32, heightPx: 32, reason: 'search' },
];

const cpu: LoadedModel = { name: 'one', backend: 'xnnpack', sha256: 'a'.repeat(64), inputs: [], outputs: [] };

/** @param answers who answers each inference, or why nobody does */
function underTest(answers: (LoadedModel | Error)[] = [cpu, cpu, cpu]) {
  const held = { frames: 1, tensors: 0 };
  const areas: unknown[] = [];
  let asked = 0;
  const model: ModelRunner = {
    name: 'one',
    takesRegions: true,
    preprocess: async (frame, ...shown) => {
      // Whatever is left of the frame by now is read.
      if (frame.bytes.length === 0) throw new Error('no bytes');
      areas.push(...(shown.length === 0 ? [undefined] : shown));
      held.tensors += 1;
      const below = shown.length === 2 ? { below: { placement: wholePlacement, seam: 0.5 } } : {};
      return { bytes: new Uint8Array(1), placement: wholePlacement, ...below, release: () => void held.tensors-- };
    },
    infer: async () => {
      const answer = answers[asked++]!;
      if (answer instanceof Error) throw answer;
      return { model: answer, outputs: [], invokeMs: 2, roundTripMs: 3 } satisfies InferenceResult;
    },
    interpret: (_answer, { below }) =>
      [0, ...(below === undefined ? [] : [1])].map(() => [
        { label: 'person', score: 0.9, box: [0, 0, 0.1, 0.1] as const },
      ]),
    gather: (all) => ({ detections: all.flatMap(({ detections }) => detections), weak: [] }),
    idle: async () => undefined,
  };
  const frame: Frame = countedFrame(
    {
      ...size,
      camera: 'front',
      sequence: 1,
      capturedAtMs: 0,
      monotonicMs: 0,
      format: 'yuv420',
      rotationDeg: 0,
      strideBytes: 64,
      bytes: new Uint8Array((64 * 48 * 3) / 2),
    },
    () => {
      held.frames -= 1;
    },
  );
  return { held, areas, model, frame };
}

test('every region is looked at in its turn, and the whole frame as the model wants it', async (t) => {
  const { held, areas, model, frame } = underTest();
  const looks = await prepareRegions(model, frame);
  frame.release();
  t.is(held.frames, 1, 'who looks holds the frame');
  const looked = await looks.look(regions);
  looks.release();
  t.deepEqual(held, { frames: 0, tensors: 0 });
  t.deepEqual(areas, [regions[1], undefined, regions[2]], 'first the smallest');
  t.deepEqual(looked.regions, [
    { box: [0, 0, 1, 1], reason: 'whole' },
    { box: [0, 0, 0.5, 32 / 48], reason: 'track' },
    { box: [0.5, 16 / 48, 1, 1], reason: 'search' },
  ]);
  t.is(looked.invokeMs, 6);
  t.is(looked.inferMs, 9);
  t.is(looked.found.detections.length, 3);
});

test('two regions that share an input are one inference, and what each shows is told of it', async (t) => {
  const { held, areas, model, frame } = underTest();
  const half = { widthPx: 32, heightPx: 16, reason: 'track' } as const;
  const shared: readonly Region[] = [
    { leftPx: 0, topPx: 0, ...half, half: 'upper' },
    { leftPx: 32, topPx: 32, ...half, half: 'lower' },
    regions[2]!,
  ];
  const looks = await prepareRegions(model, frame);
  const looked = await looks.look(shared);
  looks.release();
  frame.release();
  t.deepEqual(held, { frames: 0, tensors: 0 });
  t.deepEqual(areas, shared);
  t.is(looked.invokeMs, 4, 'of two inferences');
  t.is(looked.found.detections.length, 3);
  t.deepEqual(looked.regions, [
    { box: [0, 0, 0.5, 16 / 48], reason: 'track', half: 'upper' },
    { box: [0.5, 32 / 48, 1, 1], reason: 'track', half: 'lower' },
    { box: [0.5, 16 / 48, 1, 1], reason: 'search' },
  ]);
});

const lost = new UnavailableError('The CPU worker ended: signal SIGKILL.');
const tpu: LoadedModel = { ...cpu, backend: 'edgetpu' };
const swapped: LoadedModel = { ...cpu, sha256: 'b'.repeat(64) };

for (const [what, answers] of Object.entries({
  'the worker is lost at the first region': [lost],
  'the worker is lost between two regions': [cpu, lost],
  'the worker is lost at the last region': [cpu, cpu, lost],
  'the accelerator fails over between two regions': [tpu, cpu, cpu],
  'the Edge TPU comes back between two regions': [cpu, cpu, tpu],
  'another model answers from the second region on': [cpu, swapped, swapped],
})) {
  test(`the frame is given up whole when ${what}`, async (t) => {
    const { held, model, frame } = underTest(answers);
    const looks = await prepareRegions(model, frame);
    await t.throwsAsync(() => looks.look(regions), { instanceOf: UnavailableError });
    looks.release();
    frame.release();
    t.deepEqual(held, { frames: 0, tensors: 0 }, 'and everything is given back');
  });
}

test('one region is looked at, and the next is handed over already; a third waits', async (t) => {
  const { held, model, frame } = underTest();
  const steps: string[] = [];
  const answer: (() => void)[] = [];
  const slow: ModelRunner = {
    ...model,
    infer: async (tensor) => {
      steps.push('infer');
      await new Promise<void>((resolve) => answer.push(resolve));
      return model.infer(tensor);
    },
  };
  const looks = await prepareRegions(slow, frame);
  const looked = looks.look(regions);
  await until('two are asked for', () => steps.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.is(steps.length, 2);
  t.is(held.tensors, 2);
  answer[0]!();
  await until('the third is asked for', () => steps.length === 3);
  answer[1]!();
  answer[2]!();
  t.is((await looked).regions?.length, 3);
  looks.release();
  t.is(held.tensors, 0);
});

test('other work on the frame begins when the first inference is under way, not while its region is cut out', async (t) => {
  const { model, frame } = underTest();
  const steps: string[] = [];
  let cutOut = (): void => undefined;
  const waiting: ModelRunner = {
    ...model,
    preprocess: async (...args) => {
      steps.push('preprocess');
      await new Promise<void>((resolve) => (cutOut = resolve));
      return model.preprocess(...args);
    },
    infer: (tensor) => {
      steps.push('infer');
      return model.infer(tensor);
    },
  };
  const looks = await prepareRegions(waiting, frame);
  const looked = looks.look(regions.slice(0, 2), () => steps.push('asked'));
  await until('the first region is wanted', () => steps.length > 0);
  t.deepEqual(steps, ['preprocess']);
  cutOut();
  await until('the second is wanted', () => steps.length > 3);
  cutOut();
  await looked;
  t.deepEqual(steps, ['preprocess', 'infer', 'asked', 'preprocess', 'infer']);
  looks.release();

  const whole = await prepareWhole(model, frame);
  steps.length = 0;
  await whole.look(undefined, () => steps.push('asked'));
  t.deepEqual(steps, ['asked']);
  whole.release();
});

test('a frame that is looked at as a whole has no regions, and its tensor is given back', async (t) => {
  const { held, model, frame } = underTest();
  const looks = await prepareWhole(model, frame);
  frame.release();
  t.is(held.frames, 0, 'its tensor is all that is needed');
  const looked = await looks.look();
  looks.release();
  t.is(looked.regions, undefined);
  t.is(held.tensors, 0);
});

test('a JPEG is decoded once, upright, and its pixels are refused after the last release', async (t) => {
  const pixels = Buffer.alloc(64 * 48 * 3);
  for (let y = 0; y < 48; y++) for (let x = 0; x < 64; x++) pixels[(y * 64 + x) * 3] = x < 32 ? 250 : 0;
  const jpeg = await sharp(pixels, { raw: { width: 64, height: 48, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
  const facts = { ...size, camera: 'front', sequence: 7, capturedAtMs: 0, monotonicMs: 0, strideBytes: 0 };
  const frame = countedFrame({ ...facts, format: 'jpeg', rotationDeg: 90, bytes: jpeg });
  const decoded = await decodeFrame(frame);
  frame.release();
  t.like(decoded, { format: 'rgb24', widthPx: 48, heightPx: 64, rotationDeg: 0 });
  t.true(decoded.bytes[0]! > 200, 'what was left is on top after a quarter turn clockwise');
  t.true(decoded.bytes[63 * 48 * 3]! < 50);
  decoded.retain();
  decoded.release();
  t.is(decoded.bytes.length, 48 * 64 * 3);
  decoded.release();
  t.throws(() => decoded.bytes, { message: /frame 7 of front was released already/ });
  t.throws(() => decoded.release(), { message: /released already/ });
});

test('a JPEG that is cut off is refused with the name of its frame', async (t) => {
  const jpeg = await sharp({ create: { ...{ width: 64, height: 48 }, channels: 3, background: '#3366cc' } })
    .jpeg()
    .toBuffer();
  const facts = { ...size, camera: 'front', sequence: 7, capturedAtMs: 0, monotonicMs: 0, strideBytes: 0 };
  const bytes = jpeg.subarray(0, jpeg.length / 2);
  const frame = countedFrame({ ...facts, format: 'jpeg', rotationDeg: 0, bytes });
  await t.throwsAsync(() => decodeFrame(frame), { message: /Frame 7 of front can't be decoded/ });
});
