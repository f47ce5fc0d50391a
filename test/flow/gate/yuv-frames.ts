/** Frames of planes, drawn by hand: a grey scene with noise, and a bright block where it is wanted. */
import type { Frame } from '../../../src/flow/capture/frame.ts';
import { seededRandom } from '../../../src/workshop/bench/sequences/random.ts';

const widthPx = 320;
const heightPx = 240;

export interface Drawing {
  readonly atMs: number;
  /** Left and upper edge of a block of a tenth of the frame, in fractions. */
  readonly block?: readonly [x: number, y: number];
  /** Grey value of the scene. */
  readonly grey?: number;
  readonly rotationDeg?: Frame['rotationDeg'];
  readonly origin?: string;
}

const random = seededRandom(7);

export function yuvFrame({ atMs, block, grey = 100, rotationDeg = 0, origin }: Drawing): Frame {
  const bytes = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
  for (let at = 0; at < widthPx * heightPx; at++) bytes[at] = grey + random.between(-6, 6);
  if (block !== undefined) {
    for (let y = 0; y < heightPx / 10; y++) {
      const from = Math.round(block[1] * heightPx + y) * widthPx + Math.round(block[0] * widthPx);
      bytes.fill(200, from, from + widthPx / 10);
    }
  }
  return {
    camera: 'front',
    sequence: 1,
    capturedAtMs: atMs,
    monotonicMs: atMs,
    format: 'yuv420',
    widthPx,
    heightPx,
    rotationDeg,
    strideBytes: widthPx,
    bytes,
    ...(origin === undefined ? {} : { origin }),
    retain: () => undefined,
    release: () => undefined,
  };
}
