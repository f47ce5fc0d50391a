/** One camera's usual sizes in its flow: learnt, used, kept over restarts, and forgotten when the camera moves. */
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { configSchema } from '../../src/config/schema.ts';
import { countedFrame } from '../../src/flow/capture/counted-frame.ts';
import type { Frame } from '../../src/flow/capture/frame.ts';
import { createSizeWatch, type SizeWatch } from '../../src/flow/size-watch.ts';
import { type KeptSizes, keptText, readKept } from '../../src/flow/sizes/kept-sizes.ts';
import type { SizesFile } from '../../src/flow/sizes/sizes-file.ts';
import type { Box } from '../../src/geometry/boxes.ts';
import { silentLogger } from '../../src/logger.ts';
import { detectionsOf, eventOf } from './publish/samples.ts';
import { drawnStreet } from './sizes/drawn-street.ts';

const [widthPx, heightPx] = [640, 360];
const street = drawnStreet(widthPx, heightPx);
const otherStreet = drawnStreet(widthPx, heightPx, 2);
const minute = 60_000;

/** The file of one camera, as text, with what was logged. */
function disk() {
  const at: { text?: string; writes: number; full: boolean } = { writes: 0, full: false };
  const file: SizesFile = {
    read: () => (at.text === undefined ? undefined : readKept(at.text)),
    write: (kept: KeptSizes) => {
      at.writes += 1;
      if (!at.full) at.text = keptText(kept);
      return Promise.resolve(!at.full);
    },
  };
  return { at, file };
}

function watchOn(file: SizesFile, source: object = { type: 'rpicam' }): SizeWatch {
  const config = configSchema.parse({ cameras: { front: { source } } }).cameras['front']!;
  return createSizeWatch({ camera: 'front', source: config.source, file, logger: silentLogger });
}

function frameOf(atMs: number, luma = street, changes: Partial<Frame> = {}): Frame {
  const bytes = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
  bytes.set(luma);
  return countedFrame({
    camera: 'front',
    sequence: 1,
    capturedAtMs: atMs,
    monotonicMs: atMs,
    format: 'yuv420',
    ...{ widthPx, heightPx },
    rotationDeg: 0,
    strideBytes: widthPx,
    bytes,
    ...changes,
  });
}

const standing = (height: number): Box => [0.5 - height / 5, 0.7 - height, 0.5 + height / 5, 0.7];
const small = standing(0.05);

/** What is shown from one minute to the next, with nobody in it. */
async function show(watch: SizeWatch, from: number, minutes: number, luma = street): Promise<void> {
  for (let at = from; at < from + minutes; at++) {
    watch.sink.still!(frameOf(at * minute, luma));
    for (let turns = 0; turns < 60; turns++) await turn();
  }
}

/** People pass, one after the other, each for some seconds. */
async function teach(watch: SizeWatch, fromMs: number, people: number, height = 0.3, luma = street): Promise<void> {
  for (let look = 0; look < 10 * people; look++) {
    const atMs = fromMs + 500 * look;
    const id = `person ${fromMs} ${Math.floor(look / 10)}`;
    const seen = detectionsOf([], {
      monotonicMs: atMs,
      detections: [{ label: 'person', score: 0.8, box: standing(height) }],
    });
    watch.sink.frame!(frameOf(atMs, luma), seen, [{ id, detection: 0 }]);
    for (let turns = 0; turns < 30; turns++) await turn();
    if (look % 10 === 9) watch.sink.event!(eventOf(id, { type: 'end' }));
  }
}

test('after some people passed, what is six times smaller is unusual, and who stands there alone is no measure', async (t) => {
  const watch = watchOn(disk().file);
  await teach(watch, 0, 1);
  await teach(watch, 20_000, 1);
  t.is(watch.judge('person', small), undefined, 'two people are too few');
  await teach(watch, 40_000, 4);
  t.false(watch.judge('person', small)!.fits);
  t.true(watch.judge('person', standing(0.25))!.fits);
  t.like(watch.report, { view: 'same', kept: false, forgottenTotal: 0, unusualTotal: 1, learntTotal: 48 });
});

test('pieces at the edge of a region, photos of a folder and other cameras teach nothing', (t) => {
  const watch = watchOn(disk().file);
  const seen = detectionsOf([], {
    detections: [{ label: 'person', score: 0.8, box: standing(0.3), cut: { top: true } }],
  });
  watch.sink.frame!(frameOf(0), seen, [{ id: 'a', detection: 0 }]);
  const whole = detectionsOf(['person']);
  watch.sink.frame!(frameOf(0, street, { origin: 'a.jpg' }), whole, [{ id: 'b', detection: 0 }]);
  t.is(watch.report.learntTotal, 0);
});

test('kept over a restart, and used once the camera is seen to look at the same', async (t) => {
  const { at, file } = disk();
  const before = watchOn(file);
  await teach(before, 0, 6);
  await before.stop();
  t.is(at.writes, 1);
  const watch = watchOn(file);
  await show(
    watch,
    0,
    1,
    street.map((grey) => grey / 3),
  );
  t.false(watch.judge('person', small)!.fits);
  t.like(watch.report, { view: 'same', kept: true, forgottenTotal: 0 });
  await watch.stop();
  t.is(at.writes, 1, 'nothing new');
});

test('the disk is written seldom, and again when it was full', async (t) => {
  const { at, file } = disk();
  at.full = true;
  const watch = watchOn(file);
  await teach(watch, 0, 6);
  await teach(watch, 10 * minute, 6);
  t.is(at.writes, 0);
  await teach(watch, 15.1 * minute, 1);
  t.is(at.writes, 1);
  at.full = false;
  await watch.stop();
  t.is(at.writes, 2);
  t.false(watchOn(file).report.kept, 'until a frame shows which camera it is');
  t.is(readKept(at.text!).heights.size, 1);
});

test('moved while goby was off: nothing is judged or learnt while in doubt, and then it is learnt anew', async (t) => {
  const { file } = disk();
  const before = watchOn(file);
  await teach(before, 0, 6);
  await before.stop();
  const watch = watchOn(file);
  await show(watch, 0, 5, otherStreet);
  t.is(watch.judge('person', small), undefined);
  await teach(watch, 5 * minute, 1, 0.3, otherStreet);
  t.like(watch.report, { view: 'doubtful', learntTotal: 0, forgottenTotal: 0 });
  await show(watch, 6, 62, otherStreet);
  t.like(watch.report, { view: 'same', kept: false, forgottenTotal: 1 });
  await teach(watch, 70 * minute, 6, 0.1, otherStreet);
  t.true(watch.judge('person', small)!.fits, 'here they are small');
});

test('turned while it runs: ten minutes later it is learnt anew; a van that stands there for half an hour changes nothing', async (t) => {
  const watch = watchOn(disk().file);
  await teach(watch, 0, 6);
  const van = street.map((grey, at) => (at % widthPx > 130 && at % widthPx < 400 && at > 60 * widthPx ? 60 : grey));
  await show(watch, 2, 30, van);
  t.is(watch.report.view, 'same');
  let moves = 0;
  watch.onMoved(() => {
    moves += 1;
  });
  const night = street.map(() => 5);
  await show(watch, 32, 30, night);
  t.is(watch.report.view, 'same');
  const turned = street.map((_, at) => street[(at + 60) % street.length]!);
  await show(watch, 62, 5, turned);
  t.is(watch.report.view, 'doubtful');
  await show(watch, 67, 10, turned);
  t.like(watch.report, { view: 'same', forgottenTotal: 1 });
  t.is(moves, 1);
  t.is(watch.judge('person', small), undefined);
});

for (const [what, source, changes] of [
  ['another size', { type: 'rpicam' }, { widthPx: 320, heightPx: 180, strideBytes: 320 }],
  ['another rotation', { type: 'rpicam' }, { rotationDeg: 180 }],
  ['another source', { type: 'rpicam', cameraIndex: 1 }, {}],
  ['another address', { type: 'ffmpeg', input: 'rtsp://user:pass@camera.local/live' }, {}],
] as const) {
  test(`frames of ${what} begin anew`, async (t) => {
    const { at, file } = disk();
    const before = watchOn(file);
    await teach(before, 0, 6);
    await before.stop();
    const watch = watchOn(file, source);
    watch.sink.still!(frameOf(0, street, changes));
    for (let turns = 0; turns < 60; turns++) await turn();
    t.is(watch.judge('person', small), undefined);
    t.like(watch.report, { kept: false, view: 'same', forgottenTotal: 1 });
    t.false(at.text!.includes('pass'), 'no password is written');
  });
}

test('the frame is given back after its view was taken', async (t) => {
  let released = 0;
  const watch = watchOn(disk().file);
  const frame = {
    ...frameOf(0),
    retain: () => undefined,
    release: () => {
      released += 1;
    },
  };
  watch.sink.still!(frame);
  for (let turns = 0; turns < 60; turns++) await turn();
  t.is(released, 1);
});
