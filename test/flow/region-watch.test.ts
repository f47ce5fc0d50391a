/** One camera's regions in its flow: which frames, within which budget, and what is counted. */
import test from 'ava';
import { configSchema } from '../../src/config/schema.ts';
import { countedFrame } from '../../src/flow/capture/counted-frame.ts';
import type { Frame, RotationDeg } from '../../src/flow/capture/frame.ts';
import { InferenceBudget } from '../../src/flow/inference-budget.ts';
import type { Detections } from '../../src/flow/interpret/detection.ts';
import type { ModelRunner } from '../../src/flow/model-runner.ts';
import { createRegionWatch } from '../../src/flow/region-watch.ts';
import { inferencesOf, type Region } from '../../src/flow/regions/region.ts';
import type { Backend } from '../../src/models/model-file.ts';
import { detectionsOf } from './publish/samples.ts';

function watch(regions: Record<string, unknown> = {}, costMs?: number) {
  const source = { type: 'rpicam', framesPerSecond: 5 };
  const config = configSchema.parse({ cameras: { front: { source, regions } } }).cameras['front']!;
  const budget = new InferenceBudget();
  if (costMs !== undefined) budget.took('front', { ms: costMs, inferences: 1 });
  return { watched: createRegionWatch({ camera: 'front', config, budget, labels: () => ['person'] }), config, budget };
}

function frame(atMs: number, { rotationDeg = 0, origin }: { rotationDeg?: RotationDeg; origin?: string } = {}): Frame {
  return countedFrame({
    camera: 'front',
    sequence: 1,
    capturedAtMs: atMs,
    monotonicMs: atMs,
    format: 'jpeg',
    ...{ widthPx: 1280, heightPx: 720 },
    rotationDeg,
    strideBytes: 0,
    bytes: new Uint8Array(1),
    ...(origin === undefined ? {} : { origin }),
  });
}

const detector = { takesRegions: true } as ModelRunner;
const classifier = { takesRegions: false } as ModelRunner;
const admitted = { admitted: true };

const seen = (regions: readonly Region[], backend: Backend = 'xnnpack'): Detections =>
  detectionsOf(['person'], {
    backend,
    regions: regions.map(({ reason, half }) => ({ box: [0, 0, 0.5, 1], reason, half })),
  });

/** Frames one after the other. @returns what was looked at in each */
function look(
  { watched }: ReturnType<typeof watch>,
  count: number,
  { ms = 20, backend = 'xnnpack' as Backend, forced = false } = {},
) {
  return Array.from({ length: count }, (_, at) => {
    const regions = watched.plan(frame(200 * at), { ...admitted, forced }, []);
    watched.seen(seen(regions, backend), ms * inferencesOf(regions).length);
    return regions;
  });
}

test("detectors look at regions of films; classifiers, photos of a folder, and who doesn't want it, at the whole", (t) => {
  t.true(watch().watched.wants(frame(0), detector));
  t.false(watch().watched.wants(frame(0), classifier));
  t.false(watch().watched.wants(frame(0, { origin: 'a.jpg' }), detector));
  t.false(watch({ mode: 'off' }).watched.wants(frame(0), detector));
});

test('the first frame has one look; then as many as there is time for, four at most, eight on an Edge TPU', (t) => {
  const sizes = (...args: Parameters<typeof look>) => look(...args).map((regions) => inferencesOf(regions).length);
  const [first, ...later] = sizes(watch(), 8);
  t.is(first, 1);
  t.true(later.every((count) => count >= 1 && count <= 4));
  t.is(Math.max(...later), 4);
  t.is(Math.max(...sizes(watch(), 8, { ms: 90 })), 2);
  t.is(Math.max(...sizes(watch(), 8, { ms: 500 })), 1);
  t.true(Math.max(...sizes(watch(), 8, { ms: 5, backend: 'edgetpu' })) > 4);
  t.is(Math.max(...sizes(watch({ maxInferencesPerFrame: 2 }), 8)), 2);
});

test('a look that is only due because nothing moved for a while costs what it always did', (t) => {
  t.true(look(watch({}, 5), 20, { forced: true }).every((regions) => inferencesOf(regions).length === 1));
});

for (const rotationDeg of [90, 270] as const) {
  test(`of a camera turned by ${rotationDeg} degrees the regions lie in the upright picture`, (t) => {
    const { watched } = watch({}, 5);
    for (let at = 0; at < 10; at++) {
      for (const { leftPx, topPx, widthPx, heightPx } of watched.plan(frame(200 * at, { rotationDeg }), admitted, [])) {
        t.true(leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= 720 && topPx + heightPx <= 1280);
      }
    }
  });
}

test('regions are counted by reason, and what there was no time for', (t) => {
  const slow = watch({}, 120);
  const frames = look(slow, 10, { ms: 120 });
  const regions = frames.flat();
  const { byReason, framesTotal, inferencesTotal, leftOutTotal, allowed } = slow.watched.counts;
  t.is(framesTotal, 10);
  t.is(inferencesTotal, frames.flatMap(inferencesOf).length);
  t.is(
    Object.values(byReason).reduce((sum, count) => sum + count, 0),
    regions.length,
  );
  t.true(byReason['whole']! >= 2);
  t.is(allowed, 1);
  t.is(leftOutTotal, 30);
  t.deepEqual(watch().watched.counts, { framesTotal: 0, inferencesTotal: 0, byReason: {}, leftOutTotal: 0 });
});

test('a frame that was looked at as a whole is no frame of regions', (t) => {
  const { watched, budget } = watch();
  watched.seen(detectionsOf(['person']), 20);
  t.is(watched.counts.framesTotal, 0);
  t.is(budget.costMs('front'), undefined);
});

test('settings change from one frame to the next', (t) => {
  const h = watch({}, 5);
  h.watched.reconfigure({ ...h.config.regions, mode: 'off' });
  t.false(h.watched.wants(frame(0), detector));
  h.watched.reconfigure({ ...h.config.regions, maxInferencesPerFrame: 1 });
  t.true(look(h, 5, { ms: 5 }).every((regions) => inferencesOf(regions).length === 1));
});

test('a camera that was moved is looked at from the start again: at the whole of it', (t) => {
  const h = watch({}, 5);
  const before = look(h, 3, { ms: 5 });
  t.true(before[2]!.some(({ reason }) => reason !== 'whole'));
  h.watched.forget();
  t.true(look(h, 1, { ms: 5 })[0]!.some(({ reason }) => reason === 'whole'));
});
