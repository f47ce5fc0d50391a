import test from 'ava';
import { countedFrame } from '../../../../src/flow/capture/counted-frame.ts';
import { lookingOnce } from '../../../../src/workshop/bench/far/looks.ts';

const frame = (sequence: number) =>
  countedFrame({
    camera: 'bench',
    sequence,
    capturedAtMs: 0,
    monotonicMs: 0,
    format: 'yuv420',
    widthPx: 4,
    heightPx: 4,
    rotationDeg: 0,
    strideBytes: 4,
    bytes: new Uint8Array(24),
  });
const area = { leftPx: 0, topPx: 0, widthPx: 4, heightPx: 4 };

test('of one frame nothing is asked twice, and each frame is asked anew', async (t) => {
  let asked = 0;
  const look = lookingOnce(() =>
    Promise.resolve([[{ label: 'person', score: ++asked / 10, box: [0, 0, 1, 1] as const }]]),
  );
  const first = frame(1);
  const seen = await look(first, area);
  t.is(await look(first, { ...area }), seen);
  await look(first, { ...area, leftPx: 1 });
  t.is(asked, 2);
  await look(frame(1), area);
  t.is(asked, 3);
});
