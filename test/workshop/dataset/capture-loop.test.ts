import test from 'ava';
import { GobyError, InputError } from '../../../src/errors.ts';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import { CaptureLoop } from '../../../src/workshop/dataset/capture-loop.ts';

function harness() {
  const state = { wanted: true, held: 0 };
  const taken: number[] = [];
  const skipped: string[] = [];
  const gates: ((error?: Error) => void)[] = [];
  const loop = new CaptureLoop({
    isWanted: () => state.wanted,
    take: async ({ sequence }) => {
      await new Promise<void>((resolve, reject) => gates.push((error) => (error ? reject(error) : resolve())));
      taken.push(sequence);
    },
    onSkip: ({ message }) => skipped.push(message),
  });
  return {
    loop,
    state,
    taken,
    skipped,
    offer: (sequence: number): void => {
      state.held++;
      loop.offer({ sequence, release: () => state.held-- } as unknown as Frame);
    },
    pass: async (error?: Error) => {
      gates.shift()!(error);
      await new Promise(setImmediate);
    },
  };
}

test('the newest frame is taken next, and every frame is given back', async (t) => {
  const h = harness();
  for (const sequence of [1, 2, 3]) h.offer(sequence);
  await h.pass();
  await h.pass();
  t.deepEqual(h.taken, [1, 3]);
  t.is(h.state.held, 0);
});

test('nothing is taken while nothing is wanted; a wish takes the frame that is there', async (t) => {
  const h = harness();
  h.state.wanted = false;
  h.offer(1);
  h.offer(2);
  h.state.wanted = true;
  h.loop.wake();
  await h.pass();
  t.deepEqual(h.taken, [2]);
});

test('a frame that can not be decoded is skipped, any other fault ends it', async (t) => {
  const h = harness();
  h.offer(1);
  await h.pass(new InputError('torn'));
  t.deepEqual(h.skipped, ['torn']);
  h.offer(2);
  await h.pass(new GobyError('disk full'));
  await t.throwsAsync(h.loop.ended, { message: 'disk full' });
  t.is(h.state.held, 0);
});

test('an end waits for the frame at work only; the end of the source also for the one that waits', async (t) => {
  const stopped = harness();
  stopped.offer(1);
  stopped.offer(2);
  stopped.loop.end();
  await stopped.pass();
  await stopped.loop.ended;
  t.deepEqual(stopped.taken, [1]);
  t.is(stopped.state.held, 0);
  const drained = harness();
  drained.offer(1);
  drained.offer(2);
  drained.loop.endAfterNewest();
  await drained.pass();
  await drained.pass();
  await drained.loop.ended;
  t.deepEqual(drained.taken, [1, 2]);
});
