/** Frames as cameras give them, made of a picture whose upright corners are told apart by colour. */
import sharp from 'sharp';
import type { Frame, RotationDeg } from '../../../src/flow/capture/frame.ts';
import type { Detections } from '../../../src/flow/interpret/detection.ts';
import { detectionsOf } from '../publish/samples.ts';

/** RGB of the upright picture's quarters. */
export const quarters = {
  topLeft: [255, 0, 0],
  topRight: [0, 255, 0],
  bottomLeft: [0, 0, 255],
  bottomRight: [255, 255, 255],
} as const;

export const size = { widthPx: 320, heightPx: 240 };

/** Clockwise turns of the upright picture by which a camera that hangs askew shows it. */
async function turnedPixels(rotationDeg: RotationDeg): Promise<{ data: Buffer; widthPx: number; heightPx: number }> {
  const { widthPx, heightPx } = size;
  const pixels = Buffer.alloc(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const name =
        `${y < heightPx / 2 ? 'top' : 'bottom'}${x < widthPx / 2 ? 'Left' : 'Right'}` as keyof typeof quarters;
      pixels.set(quarters[name], (y * widthPx + x) * 3);
    }
  }
  const { data, info } = await sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .rotate((360 - rotationDeg) % 360)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height };
}

export async function jpegFrame(rotationDeg: RotationDeg = 0, changes: Partial<Frame> = {}): Promise<Frame> {
  const { data, widthPx, heightPx } = await turnedPixels(rotationDeg);
  const bytes = await sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
  return { ...facts, format: 'jpeg', widthPx, heightPx, rotationDeg, strideBytes: 0, bytes, ...changes };
}

/** Rows are padded, as the Pi's are, with bytes that must not show. */
export async function yuvFrame(rotationDeg: RotationDeg = 0, changes: Partial<Frame> = {}): Promise<Frame> {
  const { data, widthPx, heightPx } = await turnedPixels(rotationDeg);
  const strideBytes = widthPx + 64;
  const bytes = new Uint8Array((strideBytes * heightPx * 3) / 2).fill(77);
  const half = strideBytes >> 1;
  const uPlane = strideBytes * heightPx;
  const vPlane = uPlane + half * (heightPx >> 1);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = (y * widthPx + x) * 3;
      const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
      bytes[y * strideBytes + x] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      if (x % 2 === 1 || y % 2 === 1) continue;
      const chroma = (y >> 1) * half + (x >> 1);
      bytes[uPlane + chroma] = clamped(128 - 0.168736 * red - 0.331264 * green + 0.5 * blue);
      bytes[vPlane + chroma] = clamped(128 + 0.5 * red - 0.418688 * green - 0.081312 * blue);
    }
  }
  return { ...facts, format: 'yuv420', widthPx, heightPx, rotationDeg, strideBytes, bytes, ...changes };
}

export function seenIn({ camera, sequence }: Frame, labels: readonly string[] = ['person']): Detections {
  return detectionsOf(labels, { camera, frameSequence: sequence });
}

const facts = {
  camera: 'front',
  sequence: 7,
  capturedAtMs: Date.UTC(2026, 10, 25, 7, 1, 2, 345),
  monotonicMs: 1000,
  retain: () => undefined,
  release: () => undefined,
};

function clamped(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
