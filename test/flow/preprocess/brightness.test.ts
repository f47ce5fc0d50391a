/** How bright a frame is where, however it comes and however it is turned. */
import test from 'ava';
import sharp from 'sharp';
import type { Frame, RotationDeg } from '../../../src/flow/capture/frame.ts';
import { brightnessOf } from '../../../src/flow/preprocess/brightness.ts';
import { decodeFrame } from '../../../src/flow/preprocess/decoded-frame.ts';
import { type Brightness, sampled } from '../../../src/geometry/brightness.ts';

const [widthPx, heightPx] = [64, 48];
/** Wider than the picture: what lies behind a row isn't part of it. */
const strideBytes = 80;
const slope = (x: number, y: number) => 2 * x + 2.5 * y;

function frame(changes: Partial<Frame>): Frame {
  return {
    ...{ camera: 'front', sequence: 1, capturedAtMs: 0, monotonicMs: 0, format: 'yuv420', rotationDeg: 0 },
    ...{ widthPx, heightPx, strideBytes, bytes: new Uint8Array(0) },
    ...{ retain: () => undefined, release: () => undefined },
    ...changes,
  };
}

function planes(rotationDeg: RotationDeg): Frame {
  const bytes = new Uint8Array((strideBytes * heightPx * 3) / 2).fill(255);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) bytes[y * strideBytes + x] = slope(x, y);
  return frame({ bytes, rotationDeg });
}

async function jpeg(rotationDeg: RotationDeg): Promise<Frame> {
  const pixels = Uint8Array.from({ length: widthPx * heightPx }, (_, at) =>
    slope(at % widthPx, Math.floor(at / widthPx)),
  );
  const bytes = await sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 1 } })
    .toColourspace('srgb')
    .jpeg({ quality: 100 })
    .toBuffer();
  return frame({ format: 'jpeg', bytes, rotationDeg, strideBytes: 0 });
}

/** Corners and middle of the upright picture. */
function places(brightness: Brightness): number[] {
  const samples = sampled(brightness, [0, 0, 1, 1], { columns: 9, rows: 9 });
  return [0, 8, 40, 72, 80].map((at) => Math.round(samples[at]!));
}

for (const rotationDeg of [0, 90, 180, 270] as const) {
  test(`planes and a decoded JPEG are as bright as each other, and upright, turned by ${rotationDeg} degrees`, async (t) => {
    const decoded = await decodeFrame(await jpeg(rotationDeg));
    const [ofPlanes, ofJpeg] = [brightnessOf(planes(rotationDeg)), brightnessOf(decoded)];
    const size = rotationDeg % 180 === 0 ? [widthPx, heightPx] : [heightPx, widthPx];
    t.deepEqual([ofPlanes.widthPx, ofPlanes.heightPx], size);
    t.deepEqual([ofJpeg.widthPx, ofJpeg.heightPx], size);
    const [found, expected] = [places(ofPlanes), places(ofJpeg)];
    t.true(
      found.every((value, at) => Math.abs(value - expected[at]!) <= 6),
      `${found} beside ${expected}`,
    );
    t.true(Math.max(...found) - Math.min(...found) > 150, 'the corners differ');
    decoded.release();
  });
}

test('outside of the picture it is as bright as at its edge', (t) => {
  const [outside] = sampled(brightnessOf(planes(0)), [-2, -2, -1, -1], { columns: 1, rows: 1 });
  t.is(outside, slope(0, 0));
  const [beyond] = sampled(brightnessOf(planes(0)), [2, 2, 3, 3], { columns: 1, rows: 1 });
  t.is(beyond, Math.floor(slope(widthPx - 1, heightPx - 1)));
});
