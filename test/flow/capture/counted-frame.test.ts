/** A frame has many readers, and its buffer goes back when the last one has released it. */
import test from 'ava';
import { countedFrame } from '../../../src/flow/capture/counted-frame.ts';

function underTest() {
  let freed = 0;
  const frame = countedFrame(
    {
      camera: 'front',
      sequence: 7,
      capturedAtMs: 0,
      monotonicMs: 0,
      format: 'jpeg',
      widthPx: 1,
      heightPx: 1,
      rotationDeg: 0,
      strideBytes: 0,
      bytes: Uint8Array.of(1, 2, 3),
    },
    () => {
      freed += 1;
    },
  );
  return { frame, freed: () => freed };
}

test('the last of its readers frees it, once', (t) => {
  const { frame, freed } = underTest();
  frame.retain();
  frame.retain();
  frame.release();
  frame.release();
  t.is(freed(), 0);
  t.deepEqual(frame.bytes, Uint8Array.of(1, 2, 3));
  frame.release();
  t.is(freed(), 1);
});

test('use after release is found: reading, retaining and releasing throw', (t) => {
  const { frame, freed } = underTest();
  frame.release();
  const message = 'frame 7 of front was released already';
  t.throws(() => frame.bytes, { message });
  t.throws(() => frame.retain(), { message });
  t.throws(() => frame.release(), { message });
  t.is(freed(), 1);
  t.is(frame.sequence, 7, 'its facts stay');
});
