/** What was decoded is freed soon after its last use, not when V8 next looks through its whole heap. */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import sharp from 'sharp';
import { countedFrame } from '../../../src/flow/capture/counted-frame.ts';
import { decodeFrame } from '../../../src/flow/preprocess/decoded-frame.ts';
import { createPreprocessor } from '../../../src/flow/preprocess/preprocessor.ts';

const size = { widthPx: 1280, heightPx: 720 };
const decodedBytes = 3 * size.widthPx * size.heightPx;
const facts = { ...size, camera: 'front', sequence: 1, capturedAtMs: 0, monotonicMs: 0, rotationDeg: 0 } as const;

const preprocessor = createPreprocessor({
  input: { index: 0, name: 'picture', type: 'uint8', shape: [1, 64, 64, 3], scale: 1, zeroPoint: 0 },
  fit: 'stretch',
});

test('of frames that are decoded, looked at in parts and released, few wait for a garbage collection', async (t) => {
  const bytes = await sharp({ create: { width: 1280, height: 720, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  const lookAt = async (): Promise<void> => {
    const frame = countedFrame({ ...facts, format: 'jpeg', strideBytes: 0, bytes });
    const decoded = await decodeFrame(frame);
    const tensor = await preprocessor.prepare(decoded, { leftPx: 9, topPx: 9, widthPx: 300, heightPx: 300 });
    tensor.release();
    decoded.release();
    frame.release();
  };
  await lookAt();
  const before = process.memoryUsage().external;
  const taken: number[] = [];
  for (let at = 0; at < 12; at++) {
    await lookAt();
    // The collection comes in the next turn of the event loop, and what it frees in one after that.
    await pause(5);
    taken.push(Math.round((process.memoryUsage().external - before) / decodedBytes));
  }
  t.true(Math.max(...taken) < 5, `decoded frames that were not freed, one more frame each time: ${taken.join(', ')}`);
});
