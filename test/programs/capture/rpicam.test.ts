/** The Pi camera through a stand-in rpicam-vid that misbehaves in every way a camera does. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { RpicamConfig } from '../../../src/config/camera-section.ts';
import { systemRoots } from '../../../src/flow/capture/machine.ts';
import {
  cameraConfig,
  isAlive,
  type KeptFrame,
  type RecordedCamera,
  recorded,
  standInEnvironment,
  standInRuns,
  temporaryFolder,
  until,
} from '../../flow/capture/cameras-under-test.ts';

interface Trial {
  readonly source?: Partial<RpicamConfig>;
  readonly camera?: Record<string, unknown>;
  readonly settings?: Record<string, string>;
  readonly programs?: readonly string[];
  readonly proc?: string;
}

const small = { widthPx: 128, heightPx: 96, framesPerSecond: 50 };

async function trial(
  t: ExecutionContext,
  { source = {}, camera = {}, settings = {}, programs = ['rpicam-vid'], proc = '/proc' }: Trial,
): Promise<RecordedCamera & { log: string }> {
  const log = join(await temporaryFolder(t), 'runs');
  const env = await standInEnvironment(t, { programs, settings: { ...settings, GOBY_STAND_IN_LOG: log } });
  const config = cameraConfig({ type: 'rpicam', ...small, ...source }, camera);
  return Object.assign(recorded(t, { config, env, roots: { ...systemRoots, proc } }), { log });
}

test('a missing program is named with its package, and tried again', async (t) => {
  const subject = await trial(t, { programs: [] });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.is(
    detail,
    "The program rpicam-vid isn't installed: it is not on PATH (nor libcamera-vid). Install it on Raspberry Pi OS with: sudo apt install rpicam-apps-lite",
  );
  await until(() => subject.camera.counters.restartsTotal >= 3, 'three restarts');
  t.is(subject.lines.length, 1, 'the same trouble is one line in the log');
});

test('no camera: says what to check', async (t) => {
  const subject = await trial(t, { settings: { GOBY_STAND_IN_MODE: 'missing' } });
  subject.start();
  const { detail, waitUntilMs } = await subject.reaches('reconnecting');
  t.regex(detail, /^rpicam-vid finds no camera\. Check that the ribbon cable .* It said: .*no cameras available/);
  t.true((waitUntilMs ?? 0) > 0);
});

test('a busy camera is told with the name of its holder', async (t) => {
  const proc = await temporaryFolder(t);
  await mkdir(join(proc, '812', 'fd'), { recursive: true });
  await symlink('/dev/media0', join(proc, '812', 'fd', '5'));
  await writeFile(join(proc, '812', 'comm'), 'motion\n');
  const subject = await trial(t, { settings: { GOBY_STAND_IN_MODE: 'busy' }, proc });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.regex(detail, /^The camera is busy: it is in use by motion \(process 812\)\. End that program/);
});

test('a camera that prints garbage counts as stalled and is started again', async (t) => {
  const subject = await trial(t, {
    source: { format: 'mjpeg' },
    camera: { stallTimeoutMs: 1500 },
    settings: { GOBY_STAND_IN_MODE: 'garbage' },
  });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.regex(detail, /^The camera stalled: no frame came for 1\.5 s/);
  await until(() => subject.camera.counters.restartsTotal >= 1, 'a restart');
  t.is(subject.framesSeen, 0);
});

for (const mode of ['stall', 'stubborn']) {
  test(`a camera that stops giving frames is ended and started again (${mode})`, async (t) => {
    const subject = await trial(t, { camera: { stallTimeoutMs: 1500 }, settings: { GOBY_STAND_IN_MODE: mode } });
    subject.start();
    await subject.reaches('streaming');
    await subject.reaches('reconnecting', /stalled/);
    await subject.gives(4);
    const [first, second] = await standInRuns(subject.log);
    t.false(isAlive(first?.pid ?? 0), 'the first program is gone before the second starts');
    t.truthy(second);
    t.regex(subject.lines.join('\n'), /streams again/);
  });
}

test('a camera that dies is started again; its sequence goes on', async (t) => {
  const subject = await trial(t, { settings: { GOBY_STAND_IN_MODE: 'die', GOBY_STAND_IN_FRAMES: '2' } });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.regex(detail, /^rpicam-vid ended with exit code 255\. It said: .*told to die/);
  await subject.gives(5);
  t.deepEqual(
    subject.frames.slice(0, 5).map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5],
  );
});

test('a camera that ends inside a frame counts it as corrupt', async (t) => {
  const subject = await trial(t, { source: { format: 'mjpeg' }, settings: { GOBY_STAND_IN_MODE: 'cut-off' } });
  subject.start();
  await subject.reaches('reconnecting');
  t.is(subject.camera.counters.corruptTotal, 1);
});

test('truncated MJPEG frames are counted and skipped, the others come whole', async (t) => {
  const subject = await trial(t, { source: { format: 'mjpeg' }, settings: { GOBY_STAND_IN_MODE: 'truncated' } });
  subject.start();
  await subject.gives(6);
  t.true(subject.camera.counters.corruptTotal >= 5);
  for (const { bytes } of subject.frames) await t.notThrowsAsync(sharp(bytes, { failOn: 'error' }).raw().toBuffer());
});

test('a flood of frames is taken with the memory of a pool', async (t) => {
  const subject = await trial(t, {
    source: { widthPx: 640, heightPx: 480 },
    settings: { GOBY_STAND_IN_MODE: 'flood' },
  });
  subject.keep = 0;
  subject.start();
  await subject.gives(20);
  const before = process.memoryUsage().arrayBuffers;
  await subject.gives(600);
  const grown = process.memoryUsage().arrayBuffers - before;
  // 580 frames of 460,800 bytes went by. What may remain is chunks of 64 KiB that await collection.
  t.true(grown < 40_000_000, `grown by ${grown} bytes`);
  t.is(subject.camera.counters.corruptTotal, 0);
});

for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
  test(`a camera program ended by ${signal} from outside is started again`, async (t) => {
    const subject = await trial(t, {});
    subject.start();
    await subject.gives(2);
    const [first] = await standInRuns(subject.log);
    process.kill(first?.pid ?? 0, signal);
    const { detail } = await subject.reaches('reconnecting');
    t.regex(detail, new RegExp(`^rpicam-vid was ended by ${signal}`));
    const seen = subject.framesSeen;
    await subject.gives(seen + 3);
    t.is(subject.status?.state, 'streaming');
  });
}

test('a camera program halted with SIGSTOP is killed after the stall timeout', async (t) => {
  const subject = await trial(t, { camera: { stallTimeoutMs: 4000 } });
  subject.start();
  await subject.gives(2);
  // On a busy machine the first start may itself have stalled: the last one is running.
  const running = (await standInRuns(subject.log)).at(-1);
  const told = subject.statuses.length;
  process.kill(running?.pid ?? 0, 'SIGSTOP');
  await until(() => subject.statuses.slice(told).some(({ detail }) => /stalled/.test(detail)), 'the stall is told');
  const seen = subject.framesSeen;
  await subject.gives(seen + 3);
  t.false(isAlive(running?.pid ?? 0));
});

test('stop() ends a stubborn program too', async (t) => {
  const subject = await trial(t, { settings: { GOBY_STAND_IN_MODE: 'stubborn' } });
  subject.start();
  await subject.gives(1);
  await subject.camera.stop();
  const [first] = await standInRuns(subject.log);
  t.false(isAlive(first?.pid ?? 0));
});

/** The mean of Y at the middle of each third of a picture, padding left out. */
function thirds({ bytes, widthPx, heightPx, strideBytes }: KeptFrame): number[] {
  return [1, 3, 5].map((sixth) => {
    const column = Math.floor((widthPx * sixth) / 6);
    let sum = 0;
    for (let row = 0; row < heightPx; row += 1) sum += bytes[row * strideBytes + column] ?? 0;
    return Math.round(sum / heightPx);
  });
}

for (const [board, alignment, stride] of [
  ['a Pi 4', '64', 256],
  ['a Pi 5', '128', 256],
  ['tight rows', '2', 202],
] as const) {
  test(`a width of no round number: the stride of ${board} is measured once`, async (t) => {
    const subject = await trial(t, {
      // An odd size, which libcamera rounds down.
      source: { widthPx: 203, heightPx: 97 },
      settings: { GOBY_STAND_IN_ALIGN: alignment, GOBY_STAND_IN_MODE: 'die' },
    });
    subject.start();
    await subject.gives(4);
    t.like(subject.frames[0], { widthPx: 202, heightPx: 96, strideBytes: stride });
    // Red, green and blue bars in full-range BT.601, straight from top to bottom: no row slips.
    t.deepEqual(thirds(subject.frames[0] as KeptFrame), [76, 150, 29]);
    t.deepEqual(thirds(subject.frames[1] as KeptFrame), [150, 29, 76]);
    const runs = await standInRuns(subject.log);
    t.is(runs.filter(({ args }) => args.includes('--frames')).length, 1);
    t.is(runs.filter(({ args }) => args.includes('--timeout')).length >= 2, true);
  });
}

test('a sensor that gives another size than asked for is told, before any frame is cut wrongly', async (t) => {
  const subject = await trial(t, { settings: { GOBY_STAND_IN_SIZE: '64x48' } });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.is(
    detail,
    "The camera can't give 128x96 and chose 64x48 instead. Set source.widthPx to 64 and source.heightPx to 48.",
  );
  t.is(subject.framesSeen, 0);
});

test('90 and 270 degrees are left to preprocess, 180 is turned in the camera', async (t) => {
  for (const [rotationDeg, left, asked] of [
    [0, 0, false],
    [90, 90, false],
    [180, 0, true],
    [270, 270, false],
  ] as const) {
    const subject = await trial(t, { source: { rotationDeg } });
    subject.start();
    await subject.gives(1);
    t.is(subject.frames[0]?.rotationDeg, left);
    const [run] = await standInRuns(subject.log);
    t.is(run?.args.includes('--rotation'), asked);
    await subject.camera.stop();
  }
});

test('every option of the configuration reaches a program that checks its options', async (t) => {
  const subject = await trial(t, {
    source: {
      format: 'mjpeg',
      mjpegQuality: 70,
      rotationDeg: 180,
      exposure: 'sport',
      shutterUs: 5000,
      gain: 2.5,
      brightness: -0.25,
      flipHorizontal: true,
      flipVertical: true,
      cameraIndex: 1,
    },
  });
  subject.start();
  await subject.gives(1);
  const [run] = await standInRuns(subject.log);
  t.is(
    run?.args.join(' '),
    '--nopreview --camera 1 --width 128 --height 96 --exposure sport --shutter 5000 --gain 2.5 --brightness=-0.25 --hflip --vflip --rotation 180 --framerate 50 --codec mjpeg --quality 70 --flush --output - --timeout 0',
  );
});
