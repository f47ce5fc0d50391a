import test from 'ava';
import type { Frame } from '../../src/flow/capture/frame.ts';
import { FrameScheduler } from '../../src/flow/frame-scheduler.ts';
import type { Tensor } from '../../src/flow/preprocess/tensor.ts';
import { wholePlacement } from '../../src/geometry/boxes.ts';

/** The sequence of a frame that is not worth an inference. */
const unworthy = 99;

/** A scheduler whose every step the test lets happen, and a count of buffers that are out. */
function harness() {
  const held = { frames: 0, tensors: 0 };
  const prepared: number[] = [];
  const ran: number[] = [];
  const errors: string[] = [];
  let drops = 0;
  const gates: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  const scheduler = new FrameScheduler({
    prepare: async (frame) => {
      if (frame.sequence < 0) throw new Error('corrupt');
      if (frame.sequence === unworthy) return undefined;
      prepared.push(frame.sequence);
      held.tensors++;
      return {
        bytes: new Uint8Array(1),
        placement: wholePlacement,
        release: () => {
          held.tensors--;
        },
      } satisfies Tensor;
    },
    run: async (frame) => {
      most = Math.max(most, ++atOnce);
      await new Promise<void>((resolve) => gates.push(resolve));
      atOnce--;
      if (frame.sequence === 13) throw new Error('unlucky');
      ran.push(frame.sequence);
    },
    onDrop: () => drops++,
    onError: (error, stage) => errors.push(`${stage}: ${(error as Error).message}`),
  });
  const offer = (sequence: number): void => {
    held.frames++;
    const frame: Frame = {
      camera: 'camera',
      sequence,
      capturedAtMs: 0,
      monotonicMs: 0,
      format: 'jpeg',
      widthPx: 1,
      heightPx: 1,
      rotationDeg: 0,
      strideBytes: 0,
      bytes: new Uint8Array(1),
      retain: () => undefined,
      release: () => {
        held.frames--;
      },
    };
    scheduler.offer(frame);
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
  return {
    scheduler,
    offer,
    settle,
    /** Lets the inference in flight end. */
    pass: async () => {
      gates.shift()?.();
      await settle();
    },
    held,
    prepared,
    ran,
    errors,
    drops: () => drops,
    most: () => most,
  };
}

test('a frame that fails to decode is skipped and its buffer given back', async (t) => {
  const h = harness();
  h.offer(-1);
  await h.settle();
  h.offer(1);
  await h.settle();
  await h.pass();
  t.deepEqual(h.errors, ['preprocess: corrupt']);
  t.deepEqual(h.ran, [1]);
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});

test('a frame that is not worth an inference is given back, and the next one runs', async (t) => {
  const h = harness();
  h.offer(unworthy);
  await h.settle();
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
  h.offer(1);
  await h.settle();
  await h.pass();
  t.deepEqual(h.ran, [1]);
  t.deepEqual(h.errors, []);
});

test('a frame is held until its inference is dealt with', async (t) => {
  const h = harness();
  h.offer(1);
  await h.settle();
  t.is(h.held.frames, 1);
  h.offer(2);
  await h.settle();
  t.is(h.held.frames, 2);
  await h.pass();
  t.is(h.held.frames, 1);
  await h.pass();
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});

test('a failed inference gives its tensor back and the next frame runs', async (t) => {
  const h = harness();
  h.offer(13);
  await h.settle();
  await h.pass();
  h.offer(14);
  await h.settle();
  await h.pass();
  t.deepEqual(h.errors, ['infer: unlucky']);
  t.deepEqual(h.ran, [14]);
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});

test('while an inference runs the newest frame replaces the waiting one, drops are counted, one runs at a time', async (t) => {
  const h = harness();
  h.offer(1);
  await h.settle();
  for (const sequence of [2, 3, 4, 5]) h.offer(sequence);
  await h.settle();
  await h.pass();
  await h.pass();
  await h.pass();
  t.is(h.ran[0], 1);
  t.is(h.ran.at(-1), 5);
  t.is(h.drops(), 5 - h.ran.length);
  t.true(h.drops() >= 2);
  t.is(h.most(), 1);
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});

test('the next tensor is prepared while the inference still runs', async (t) => {
  const h = harness();
  h.offer(1);
  await h.settle();
  h.offer(2);
  await h.settle();
  t.deepEqual(h.prepared, [1, 2]);
  t.deepEqual(h.ran, []);
  await h.pass();
  await h.pass();
  t.deepEqual(h.ran, [1, 2]);
});

test('stop waits for the inference in flight, gives back all that waited, and refuses later frames', async (t) => {
  const h = harness();
  h.offer(1);
  await h.settle();
  h.offer(2);
  h.offer(3);
  await h.settle();
  let stopped = false;
  const stopping = h.scheduler.stop().then(() => {
    stopped = true;
  });
  await h.settle();
  t.false(stopped);
  await h.pass();
  await stopping;
  h.offer(4);
  await h.settle();
  t.deepEqual(h.ran, [1]);
  t.deepEqual(h.held, { frames: 0, tensors: 0 });
});
