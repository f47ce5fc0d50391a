/** When a camera that fails is started again. The waits are hours: a test that waited for one would not end. */
import test, { type ExecutionContext } from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { defaultTiming } from '../../../src/flow/capture/machine.ts';
import { type Capture, SupervisedCamera } from '../../../src/flow/capture/supervised-camera.ts';
import { createLogger, silentLogger } from '../../../src/logger.ts';
import { until } from './cameras-under-test.ts';

const hourMs = 3_600_000;

/** Counts the attempts at a source. */
function camera(t: ExecutionContext, capture: Capture) {
  let attempts = 0;
  let waitsUntilMs = 0;
  const subject = new SupervisedCamera({
    name: 'front',
    capture: (context) => {
      attempts += 1;
      return capture(context);
    },
    stallTimeoutMs: hourMs,
    timing: { ...defaultTiming, random: () => 1, backoff: { firstMs: hourMs, factor: 2, maxMs: 4 * hourMs } },
    logger: silentLogger,
  });
  t.teardown(() => subject.stop());
  subject.start({
    onFrame: (frame) => frame.release(),
    onStatus: ({ state, waitUntilMs }) => {
      if (state === 'reconnecting') waitsUntilMs = (waitUntilMs ?? 0) - performance.now();
    },
  });
  return { attempts: () => attempts, waitsMs: () => waitsUntilMs };
}

test('one that gave frames is started again at once, and waits when it fails again', async (t) => {
  const subject = camera(t, async ({ sink }) => {
    sink.dropped();
    throw new UnavailableError('gone');
  });
  await until(() => subject.attempts() === 2 && subject.waitsMs() > hourMs / 2, 'the second failure');
  t.is(subject.attempts(), 2);
});

test('one that never gave a frame waits from the first failure on', async (t) => {
  const subject = camera(t, async () => {
    throw new UnavailableError('not there');
  });
  await until(() => subject.waitsMs() > hourMs / 2, 'the first failure');
  t.is(subject.attempts(), 1);
});

/** A camera whose attempts fail with these reasons, one after the other; the last one is where it stands still. */
function failing(t: ExecutionContext, reasons: readonly (string | 'frame')[]) {
  const log: string[] = [];
  const details: string[] = [];
  let attempt = 0;
  const subject = new SupervisedCamera({
    name: 'cam',
    capture: async ({ sink, signal }) => {
      const reason = reasons[attempt++];
      if (reason === undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      if (reason === 'frame') sink.dropped();
      throw new UnavailableError(reason === 'frame' ? 'gone again' : (reason ?? 'stopped'));
    },
    stallTimeoutMs: hourMs,
    timing: { ...defaultTiming, backoff: { firstMs: 1, factor: 1, maxMs: 1 } },
    logger: createLogger({
      part: 'goby',
      threshold: { level: 'info' },
      format: 'text',
      write: (line) => log.push(line.slice(13)),
    }).child('cam'),
  });
  t.teardown(() => subject.stop());
  subject.start({
    onFrame: (frame) => frame.release(),
    onStatus: ({ state, detail }) => {
      if (state === 'reconnecting') details.push(detail);
    },
  });
  return { log, details, all: () => until(() => attempt > reasons.length, 'all attempts') };
}

const said = (pointer: string) => `ffmpeg can't reach the camera. It said: [tcp @ ${pointer}] Connection refused`;

test('the same trouble is one line, though ffmpeg prints another pointer each time, and the camera is named once', async (t) => {
  const { log, details, all } = failing(t, [
    said('0x55d0c8a3b540'),
    said('0x5581ab30c4c0'),
    said('0xaaaae1c0'),
    said('0x7f00'),
  ]);
  await all();
  t.is(log.length, 1);
  t.regex(log[0]!, /^warn +cam: ffmpeg can't reach/);
  t.false(log[0]!.includes('cam: cam'));
  t.is(new Set(details).size, 1, 'health is not said anew either');
});

test('two troubles in turn are two lines, however often they take turns', async (t) => {
  const { log, all } = failing(t, [
    'Connection refused',
    'Connection timed out',
    'Connection refused',
    'Connection timed out',
  ]);
  await all();
  t.deepEqual(log, ['warn  cam: Connection refused', 'warn  cam: Connection timed out']);
});

test('a camera that gives a frame and fails, again and again, does not fill the log', async (t) => {
  const { log, all } = failing(t, Array(20).fill('frame'));
  await all();
  t.is(log.filter((line) => line.includes('gone again')).length, 1);
  t.true(log.length <= 2, log.join('\n'));
});
