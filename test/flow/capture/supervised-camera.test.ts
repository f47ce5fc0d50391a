/** When a camera that fails is started again. The waits are hours: a test that waited for one would not end. */
import test, { type ExecutionContext } from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { defaultTiming } from '../../../src/flow/capture/machine.ts';
import { type Capture, SupervisedCamera } from '../../../src/flow/capture/supervised-camera.ts';
import { silentLogger } from '../../../src/logger.ts';
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
  const subject = camera(t, async ({ outlet }) => {
    outlet.dropped();
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
