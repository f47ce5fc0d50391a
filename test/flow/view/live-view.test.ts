/** Live pictures: one for all who look, and what is drawn over it. */
import test from 'ava';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import type { Detections } from '../../../src/flow/interpret/detection.ts';
import { LiveView } from '../../../src/flow/view/live-view.ts';
import { seenFrame } from '../../../src/flow/view/seen-frame.ts';

const frame = {
  ...{ camera: 'front', format: 'jpeg', rotationDeg: 0, bytes: Buffer.from('picture'), sequence: 1, capturedAtMs: 0 },
  ...{ retain: () => undefined, release: () => undefined },
} as unknown as Frame;

test('all who look get the very same picture, whose bytes are no more those of the frame', async (t) => {
  const view = new LiveView({
    cameras: ['front'],
    createEncoder: () => () => Promise.reject(new Error('not needed')),
    onError: (error) => t.fail(String(error)),
    now: () => 0,
  });
  const shown: object[] = [];
  const ends = [5, 1, 15].map((perSecond) =>
    view.watch('front', { perSecond, always: true }, (picture) => shown.push(picture)),
  );
  view.frame(frame, () => ({ time: '', frame: 1, detections: [] }));
  await new Promise((resolve) => setImmediate(resolve));
  t.is(shown.length, 3);
  t.is(new Set(shown).size, 1);
  t.not((shown[0] as { jpeg: Uint8Array }).jpeg, frame.bytes);
  for (const end of ends) end();
});

test('what is too weak comes apart, bounded', (t) => {
  const weak = Array.from({ length: 30 }, (_, at) => ({
    ...{ label: 'person', score: 0.45 - at / 1000, box: [0, 0, 1 / 3, 1] as const },
  }));
  const seen = { capturedAtMs: 0, frameSequence: 1, latencyMs: {}, detections: [], weak } as unknown as Detections;
  const told = seenFrame(seen, []);
  t.deepEqual(told.detections, []);
  t.is(told.weak?.length, 20);
  t.deepEqual(told.weak?.[0], { label: 'person', score: 0.45, box: [0, 0, 0.3333, 1] });
  t.false('weak' in seenFrame({ ...seen, weak: [] }, []));
});
