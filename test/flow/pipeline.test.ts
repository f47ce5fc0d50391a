/** The way of a frame: which stage comes when, who holds it, and what becomes of what no frame caused. */
import test from 'ava';
import { InputError, UnavailableError } from '../../src/errors.ts';
import { countedFrame } from '../../src/flow/capture/counted-frame.ts';
import type { Frame } from '../../src/flow/capture/frame.ts';
import type { Action } from '../../src/flow/decide/action.ts';
import type { Admission } from '../../src/flow/gate/admission.ts';
import type { InferenceResult } from '../../src/flow/infer/engine.ts';
import { splitByScore } from '../../src/flow/interpret/split-by-score.ts';
import type { ModelRunner } from '../../src/flow/model-runner.ts';
import { Pipeline, type PipelineParts } from '../../src/flow/pipeline.ts';
import type { Region } from '../../src/flow/regions/region.ts';
import type { Event } from '../../src/flow/track/event.ts';
import type { TrackResult } from '../../src/flow/track/tracker.ts';
import { wholePlacement } from '../../src/geometry/boxes.ts';
import { eventOf } from './publish/samples.ts';
import { until } from './publish/waiting.ts';

const nothing: TrackResult = { events: [], presences: [], best: [], tracked: [] };

function underTest() {
  const steps: string[] = [];
  const failures: string[] = [];
  const held = { frames: 0, tensors: 0 };
  const world = {
    admission: { admitted: true } as Admission,
    tracked: nothing,
    /** What is looked at in each frame; none: the whole frame at once. */
    regions: [] as Region[],
    /** Lets inferences through; absent: at once. */
    wait: undefined as Promise<void> | undefined,
    fails: {} as { preprocess?: Error; infer?: Error },
  };
  const runner = (name: string): ModelRunner => ({
    name,
    takesRegions: true,
    preprocess: async () => {
      steps.push(`preprocess ${name}`);
      if (world.fails.preprocess) throw world.fails.preprocess;
      held.tensors += 1;
      return { bytes: new Uint8Array(1), placement: wholePlacement, release: () => void held.tensors-- };
    },
    infer: async () => {
      steps.push(`infer ${name}`);
      await world.wait;
      if (world.fails.infer) throw world.fails.infer;
      const model = { name, backend: 'cpu', sha256: 'a'.repeat(64), inputs: [], outputs: [] } as const;
      return { model, outputs: [], invokeMs: 1, roundTripMs: 2 } satisfies InferenceResult;
    },
    interpret: () => {
      steps.push('interpret');
      return [
        [
          { label: 'person', score: 0.9 },
          { label: 'dog', score: 0.3 },
        ],
      ];
    },
    gather: (answers) =>
      splitByScore(
        answers.flatMap(({ detections }) => detections),
        0.5,
      ),
    idle: async () => void steps.push(`idle ${name}`),
  });
  const updates: ((event: Event) => void)[] = [];
  const action: Action = { output: 'led', kind: 'on', reason: 'rule light' };
  const parts: PipelineParts = {
    gate: {
      admits: async () => {
        steps.push('gate');
        return world.admission;
      },
    },
    regions: {
      wants: () => world.regions.length > 0,
      plan: (_frame, { forced = false }, expected) => {
        steps.push(`plan ${expected.length}${forced ? ' forced' : ''}`);
        return [...world.regions];
      },
      seen: ({ regions }, inferMs) => void steps.push(`learn ${regions?.length ?? 'whole'} ${inferMs}`),
    },
    model: runner('one'),
    tracker: {
      update: ({ detections, weak }) => {
        steps.push(`track ${detections.length} strong ${weak?.length} weak`);
        return world.tracked;
      },
      tick: () => world.tracked,
      still: () => void steps.push('still'),
      expected: () => [],
      end: (reason) => ({ ...world.tracked, events: [eventOf('a', { type: 'end', reason })] }),
      reconfigure: () => undefined,
    },
    rules: {
      decide: ({ type }) => {
        steps.push(`decide ${type}`);
        return type === 'new' ? [action] : [];
      },
    },
    act: ({ kind }) => void steps.push(`act ${kind}`),
    snapshots: { look: () => void steps.push('snapshot'), announce: () => void steps.push('announce') },
    sinks: [
      {
        frame: () => void steps.push('publish frame'),
        event: ({ type, estimates = [] }) => void steps.push(`publish event ${type} ${estimates.length}`),
        presence: ({ label }) => void steps.push(`publish presence ${label}`),
        detections: ({ detections }) => void steps.push(`publish detections ${detections.length}`),
      },
      // A sink that wants nothing.
      {},
    ],
    secondStage: {
      annotate: (events) => events.map((event) => ({ ...event, estimates: [] })),
      see: (seen) => {
        steps.push('second stage');
        return seen;
      },
      onUpdate: (listener) => void updates.push(listener),
    },
    watch: {
      dropped: () => void steps.push('dropped'),
      skipped: () => void steps.push('skipped'),
      inferred: () => void steps.push('inferred'),
      measured: () => undefined,
      failed: (error, stage) => void failures.push(`${stage}: ${(error as Error).message}`),
    },
  };
  const pipeline = new Pipeline(parts);
  let sequence = 0;
  const offer = (format: 'jpeg' | 'yuv420' = 'jpeg'): Frame => {
    sequence += 1;
    held.frames += 1;
    const frame = countedFrame(
      {
        camera: 'front',
        sequence,
        capturedAtMs: 0,
        monotonicMs: performance.now(),
        format,
        widthPx: 640,
        heightPx: 480,
        rotationDeg: 90,
        strideBytes: 0,
        bytes: new Uint8Array(1),
      },
      () => {
        held.frames -= 1;
      },
    );
    pipeline.offer(frame);
    return frame;
  };
  const isFree = (): boolean => held.frames === 0 && held.tensors === 0;
  return {
    pipeline,
    steps,
    failures,
    held,
    world,
    parts,
    runner,
    offer,
    update: (event: Event) => {
      for (const listener of updates) listener(event);
    },
    /** One frame, until everything of it was given back. */
    frame: async (format: 'jpeg' | 'yuv420' = 'jpeg') => {
      offer(format);
      await until('the frame is given back', isFree);
    },
  };
}

test('a frame passes the stages in this order: actions before messages, messages before what may be late', async (t) => {
  const h = underTest();
  h.world.tracked = {
    ...nothing,
    events: [eventOf('a')],
    presences: [{ camera: 'front', label: 'person', present: true, count: 1 }],
  };
  await h.frame();
  t.deepEqual(h.steps, [
    'gate',
    'preprocess one',
    'infer one',
    'interpret',
    'learn whole 2',
    'inferred',
    'track 1 strong 1 weak',
    'decide new',
    'act on',
    'snapshot',
    'publish frame',
    'announce',
    'publish event new 0',
    'publish presence person',
    'second stage',
    'publish detections 1',
  ]);
});

test('a frame that the gate holds back is a still one for the tracker, and given back', async (t) => {
  const h = underTest();
  h.world.admission = { admitted: false };
  await h.frame();
  t.deepEqual(h.steps, ['gate', 'still', 'skipped']);
});

test('a gate that learns beside the inference holds the frame until it has', async (t) => {
  const h = underTest();
  let learnt: (() => void) | undefined;
  const learn = () => new Promise<void>((resolve) => (learnt = resolve));
  h.world.admission = { admitted: true, learn };
  const frame = h.offer();
  await until('it is published', () => h.steps.includes('publish detections 1'));
  await until('learning began', () => learnt !== undefined);
  t.is(frame.bytes.length, 1);
  t.is(h.held.frames, 1);
  learnt!();
  await until('it is given back', () => h.held.frames === 0);
});

test('a sink may hold the frame for longer, and everybody else is done with it', async (t) => {
  const h = underTest();
  const kept: Frame[] = [];
  const pipeline = new Pipeline({
    ...h.parts,
    sinks: [
      {
        frame: (frame) => {
          frame.retain();
          kept.push(frame);
        },
      },
    ],
  });
  let isFree = false;
  const facts = { camera: 'front', sequence: 1, capturedAtMs: 0, monotonicMs: 0, format: 'jpeg' } as const;
  const size = { widthPx: 1, heightPx: 1, rotationDeg: 0, strideBytes: 0, bytes: new Uint8Array(1) } as const;
  pipeline.offer(countedFrame({ ...facts, ...size }, () => (isFree = true)));
  await until('it is through', () => h.held.tensors === 0 && kept.length === 1);
  await pipeline.stop();
  t.false(isFree);
  kept[0]!.release();
  t.true(isFree);
});

test('a frame that fails is told with its stage, given back, and the next one passes', async (t) => {
  const h = underTest();
  h.world.fails = { preprocess: new InputError('corrupt') };
  await h.frame();
  h.world.fails = { infer: new UnavailableError('no backend') };
  await h.frame();
  h.world.fails = {};
  await h.frame();
  t.deepEqual(h.failures, ['preprocess: corrupt', 'infer: no backend']);
  t.is(h.steps.filter((step) => step === 'publish detections 1').length, 1);
});

test('another model takes over between two frames: one that was prepared goes to the old one', async (t) => {
  const h = underTest();
  let let_ = (): void => undefined;
  h.world.wait = new Promise((resolve) => (let_ = resolve));
  h.offer();
  await until('the first is asked', () => h.steps.includes('infer one'));
  h.offer();
  await until('the second is prepared', () => h.steps.filter((step) => step === 'preprocess one').length === 2);
  await h.pipeline.use(h.runner('other'));
  let_();
  await until('both are through', () => h.held.frames === 0);
  await h.frame();
  t.deepEqual(
    h.steps.filter((step) => step.startsWith('infer ')),
    ['infer one', 'infer one', 'infer other'],
  );
});

test('what no frame caused acts and is published like the rest: time, the end, an estimate that came late', (t) => {
  const h = underTest();
  h.world.tracked = { ...nothing, presences: [{ camera: 'front', label: 'person', present: false, count: 0 }] };
  h.pipeline.tick(1000);
  t.deepEqual(h.steps, ['publish presence person']);
  h.pipeline.end('camera-lost');
  t.deepEqual(h.steps.slice(1), ['decide end', 'announce', 'publish event end 0', 'publish presence person']);
  h.update(eventOf('a', { type: 'update', estimates: [] }));
  t.deepEqual(h.steps.slice(5), ['decide update', 'announce', 'publish event update 0']);
});

test('a stop waits for the inference in flight and lets later frames go', async (t) => {
  const h = underTest();
  let let_ = (): void => undefined;
  h.world.wait = new Promise((resolve) => (let_ = resolve));
  h.offer();
  await until('it is asked', () => h.steps.includes('infer one'));
  const stopped = h.pipeline.stop();
  h.offer();
  t.is(h.held.frames, 1);
  let_();
  await stopped;
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});

const two: Region[] = [
  { leftPx: 0, topPx: 0, widthPx: 480, heightPx: 480, reason: 'track' },
  { leftPx: 0, topPx: 160, widthPx: 480, heightPx: 480, reason: 'search' },
];

test('a frame is planned with what the tracker expects, looked at in each region, and told once', async (t) => {
  const h = underTest();
  h.world.regions = two;
  h.world.admission = { admitted: true, forced: true };
  await h.frame('yuv420');
  t.deepEqual(
    h.steps.filter((step) => !/^preprocess/.test(step)),
    [
      'gate',
      'plan 0 forced',
      'infer one',
      'interpret',
      'infer one',
      'interpret',
      'learn 2 4',
      'inferred',
      'track 2 strong 2 weak',
      'snapshot',
      'publish frame',
      'second stage',
      'publish detections 2',
    ],
  );
});

test('another model is swapped in between two regions: the frame ends with the one it began with, the next has the other', async (t) => {
  const h = underTest();
  h.world.regions = two;
  let let_ = (): void => undefined;
  h.world.wait = new Promise((resolve) => (let_ = resolve));
  h.offer('yuv420');
  await until('the first region is asked about', () => h.steps.includes('infer one'));
  await h.pipeline.use(h.runner('other'));
  let_();
  await until('it is through', () => h.held.frames === 0);
  await h.frame('yuv420');
  t.deepEqual(
    h.steps.filter((step) => step.startsWith('infer ')),
    ['infer one', 'infer one', 'infer other', 'infer other'],
  );
  t.is(h.steps.filter((step) => step === 'publish detections 2').length, 2);
});

test('the worker is lost between two regions: nothing of the frame is told, and the next one is whole', async (t) => {
  const h = underTest();
  h.world.regions = two;
  let let_ = (): void => undefined;
  h.world.wait = new Promise((resolve) => (let_ = resolve));
  h.offer('yuv420');
  await until('the first region is asked about', () => h.steps.includes('infer one'));
  let_();
  await until('the first region is read', () => h.steps.includes('interpret'));
  h.world.fails = { infer: new UnavailableError('the worker ended') };
  await until('it is given back', () => h.held.frames === 0 && h.held.tensors === 0);
  h.world.fails = {};
  const told = h.steps.filter((step) => step.startsWith('publish'));
  // The second region may have been asked about before the worker was lost.
  t.true(told.length === 0 || h.failures.length === 0);
  h.world.wait = undefined;
  await h.frame('yuv420');
  t.deepEqual(
    h.steps.filter((step) => step === 'publish detections 1'),
    [],
    'half a frame is never told',
  );
});

test('between frames the newest wins, however many regions a frame has', async (t) => {
  const h = underTest();
  h.world.regions = two;
  let let_ = (): void => undefined;
  h.world.wait = new Promise((resolve) => (let_ = resolve));
  h.offer('yuv420');
  await until('it is asked about', () => h.steps.includes('infer one'));
  for (let at = 0; at < 5; at++) h.offer('yuv420');
  let_();
  await until('all are given back', () => h.held.frames === 0);
  t.true(h.steps.filter((step) => step === 'dropped').length >= 3);
  t.is(h.held.tensors, 0);
});
