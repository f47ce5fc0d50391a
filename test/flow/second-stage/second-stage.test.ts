import test from 'ava';
import { secondStageSection } from '../../../src/config/second-stage-section.ts';
import { UnavailableError } from '../../../src/errors.ts';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import type { Detections, Estimate } from '../../../src/flow/interpret/detection.ts';
import type { CropEstimator } from '../../../src/flow/second-stage/crop-estimator.ts';
import { SecondStage } from '../../../src/flow/second-stage/second-stage.ts';
import type { Event } from '../../../src/flow/track/event.ts';
import type { TrackResult } from '../../../src/flow/track/tracker.ts';
import type { Box } from '../../../src/geometry/boxes.ts';
import { wholePlacement } from '../../../src/geometry/boxes.ts';

const wholeFrame: Frame = {
  camera: 'front',
  sequence: 1,
  capturedAtMs: 0,
  monotonicMs: 0,
  format: 'jpeg',
  widthPx: 640,
  heightPx: 480,
  rotationDeg: 0,
  strideBytes: 0,
  bytes: new Uint8Array(1),
  retain: () => undefined,
  release: () => undefined,
};

const cpu = { path: '/faces.tflite', sha256: 'a'.repeat(64) };

const bigBox: Box = [0.1, 0.1, 0.6, 0.9];

function seen(...found: readonly (readonly [label: string, box?: Box])[]): Detections {
  return {
    camera: 'front',
    frameSequence: 1,
    capturedAtMs: 0,
    monotonicMs: 0,
    frameWidthPx: 640,
    frameHeightPx: 480,
    model: 'm',
    modelSha256: 'f'.repeat(64),
    backend: 'xnnpack',
    latencyMs: { preprocess: 1, infer: 1, invoke: 1, interpret: 1 },
    detections: found.map(([label, box = bigBox]) => ({ label, score: 0.9, box })),
  };
}

function eventOf(id: string, type: Event['type'], label = 'face'): Event {
  return {
    type,
    id,
    camera: 'front',
    label,
    score: 0.9,
    box: bigBox,
    zones: [],
    enteredZones: [],
    stationary: false,
    crossings: [],
    startMs: 0,
    startMonotonicMs: 0,
    backend: 'xnnpack',
    modelSha256: 'f'.repeat(64),
  };
}

const says = (value: string, score = 0.9): Estimate => ({
  name: 'gender',
  value,
  score,
  model: 'faces',
  modelSha256: 'a'.repeat(64),
});

/** A second stage whose estimates the test gives one by one, behind a tracker that tells what it is told to. */
function harness(config: object = {}, { stages = 1 }: { stages?: number } = {}) {
  const { models, ...rest } = secondStageSection.parse({
    models: Array.from({ length: stages }, () => ({ model: 'faces', labels: ['face'], minScore: 0.5 })),
    ...config,
  });
  const asked: ((answer: Estimate[] | Error) => void)[] = [];
  const updates: Event[] = [];
  const spent: number[] = [];
  const errors: unknown[] = [];
  const cuts: Box[] = [];
  const held = { tensors: 0 };
  const time = { nowMs: 0 };
  const estimators = models.map(
    (one): CropEstimator => ({
      config: one,
      model: { name: 'faces', task: 'classify', decoder: 'classification', pair: { name: 'faces', cpu } },
      loaded: { name: 'faces', backend: 'xnnpack', sha256: cpu.sha256, inputs: [], outputs: [] },
      sidePx: 224,
      cut: async (_frame, box) => {
        cuts.push(box);
        held.tensors++;
        return { bytes: new Uint8Array(1), placement: wholePlacement, release: () => undefined };
      },
      estimate: (_crop, spent) =>
        new Promise<Estimate[]>((resolve, reject) =>
          asked.push((answer) => {
            held.tensors--;
            if (!(answer instanceof Error)) spent?.(25);
            if (answer instanceof Error) reject(answer);
            else resolve(answer);
          }),
        ),
      idle: async () => undefined,
    }),
  );
  const stage = new SecondStage({
    config: { models, ...rest },
    estimators,
    onError: (error) => errors.push(error),
    measure: () => undefined,
    spent: (ms) => spent.push(ms),
    now: () => time.nowMs,
  });
  stage.onUpdate((event) => updates.push(event));
  let holders = 0;
  const frame: Frame = { ...wholeFrame, retain: () => void holders++, release: () => void holders-- };
  return {
    stage,
    estimators,
    updates,
    spent,
    errors,
    cuts,
    held,
    asked,
    time,
    /** One frame: what the tracker says of it, and what the second stage adds. */
    frame: async (found: Detections, { events, tracked }: Pick<TrackResult, 'events' | 'tracked'>) => {
      const annotated = stage.annotate(events);
      const { detections } = stage.see(found, tracked, frame);
      const isCropping = holders > 0;
      await settle();
      if (holders > 0) throw new Error('the crops are cut, and the frame is still held');
      return { events: annotated, detections, isCropping };
    },
    answer: async (answer: Estimate[] | Error) => {
      asked.shift()!(answer);
      await settle();
    },
  };
}

/** Lets everything run that waits for promises only. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const one = { events: [eventOf('a', 'new')], tracked: [{ id: 'a', detection: 0 }] };
const goesOn = { events: [], tracked: [{ id: 'a', detection: 0 }] };

test('what a crop says comes as an update at once, and with every later event and detection', async (t) => {
  const h = harness();
  const first = await h.frame(seen(['face']), one);
  t.is(first.events[0]!.estimates, undefined);
  t.is(first.detections[0]!.estimates, undefined);
  await h.answer([says('female')]);
  t.like(h.updates, [{ type: 'update', id: 'a', estimates: [{ name: 'gender', value: 'female', crops: 1 }] }]);
  const later = await h.frame(seen(['face']), goesOn);
  t.is(later.detections[0]!.estimates![0]!.value, 'female');
  const end = await h.frame(seen(), { events: [eventOf('a', 'end')], tracked: [] });
  t.is(end.events[0]!.estimates![0]!.value, 'female');
});

test('votes decide, and an answer that changes nothing is not told between frames', async (t) => {
  const h = harness();
  await h.frame(seen(['face']), one);
  await h.answer([says('female', 0.9)]);
  await h.frame(seen(['face']), goesOn);
  await h.answer([says('male', 0.6)]);
  t.deepEqual(
    h.updates.map(({ estimates }) => estimates!.map(({ value }) => value)),
    [['female'], []],
    'the mean score of both fell below minScore',
  );
  await h.frame(seen(['face']), goesOn);
  await h.answer([says('female', 0.9)]);
  await h.frame(seen(['face']), goesOn);
  await h.answer([says('female', 0.9)]);
  t.is(h.updates.length, 3, 'the last one said nothing new');
  t.is(h.updates[2]!.estimates![0]!.value, 'female');
});

test('no more crops in a second than the budget has, and none while one is at work', async (t) => {
  const h = harness({ maxCropsPerSecond: 2 });
  await h.frame(seen(['face']), one);
  t.false((await h.frame(seen(['face']), goesOn)).isCropping, 'one is at work');
  await h.answer([says('female')]);
  t.true((await h.frame(seen(['face']), goesOn)).isCropping);
  await h.answer([says('female')]);
  t.false((await h.frame(seen(['face']), goesOn)).isCropping, 'two within a second');
  h.time.nowMs = 1000;
  t.true((await h.frame(seen(['face']), goesOn)).isCropping);
  t.is(h.held.tensors, 1);
});

test('several faces of a frame: one inference at a time', async (t) => {
  const h = harness();
  const two = {
    events: [eventOf('a', 'new'), eventOf('b', 'new')],
    tracked: [
      { id: 'a', detection: 0 },
      { id: 'b', detection: 1 },
    ],
  };
  await h.frame(seen(['face'], ['face', [0.7, 0.1, 0.9, 0.3]]), two);
  t.is(h.cuts.length, 2);
  t.is(h.asked.length, 1, 'the second waits, so that a frame may come between');
  t.deepEqual(h.cuts[0], bigBox, 'the bigger one first');
  await h.answer([says('female')]);
  t.is(h.asked.length, 1);
  await h.answer([says('male')]);
  t.deepEqual(
    h.updates.map(({ id, estimates }) => [id, estimates![0]!.value]),
    [
      ['a', 'female'],
      ['b', 'male'],
    ],
  );
});

test('other labels, boxes that are too small, and what has no event are left alone', async (t) => {
  const h = harness();
  const tracked = [{ id: 'a', detection: 0 }];
  t.false((await h.frame(seen(['car']), { events: [eventOf('a', 'new', 'car')], tracked })).isCropping);
  t.false((await h.frame(seen(['face', [0.1, 0.1, 0.12, 0.12]]), goesOn)).isCropping);
  t.false((await h.frame(seen(['face']), { events: [], tracked: [{ id: 'unknown', detection: 0 }] })).isCropping);
});

test('an answer for an event that ended meanwhile is dropped: nothing follows an end', async (t) => {
  const h = harness();
  await h.frame(seen(['face']), one);
  await h.frame(seen(), { events: [eventOf('a', 'end')], tracked: [] });
  await h.answer([says('female')]);
  t.deepEqual(h.updates, []);
});

test('a crop that fails is told, its tensor given back, and the next one comes', async (t) => {
  const h = harness();
  await h.frame(seen(['face']), one);
  const trouble = new UnavailableError('no backend');
  await h.answer(trouble);
  t.deepEqual(h.errors, [trouble]);
  t.true((await h.frame(seen(['face']), goesOn)).isCropping);
  await h.answer([says('male')]);
  t.is(h.updates.length, 1);
  t.is(h.held.tensors, 0);
});

test('another model in a place starts anew: old votes and answers on their way do not count', async (t) => {
  const h = harness();
  await h.frame(seen(['face']), one);
  await h.answer([says('female')]);
  await h.frame(seen(['face']), goesOn);
  void h.stage.use(0, { ...h.estimators[0]! });
  await h.answer([says('female')]);
  await h.frame(seen(['face']), goesOn);
  await h.answer([says('male')]);
  t.like(h.updates.at(-1)!.estimates![0], { value: 'male', crops: 1 });
});

test('the time that a crop takes of the worker is told, so that frames have that much less', async (t) => {
  const h = harness();
  await h.frame(seen(['face']), one);
  await h.answer([{ name: 'mood', value: 'calm', score: 0.9, model: 'faces', modelSha256: cpu.sha256 }]);
  t.deepEqual(h.spent, [25]);
});
