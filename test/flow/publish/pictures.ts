/** Snapshots as they may reach publish/, too long for brokers with a limit. */
import sharp from 'sharp';
import { keepingSmaller } from '../../../src/flow/snapshot/smaller-jpeg.ts';
import type { Snapshot } from '../../../src/flow/snapshot/snapshot.ts';

/** A picture full of detail, of some hundred kilobytes. */
export async function snapshotOf(label = 'person', widthPx = 640): Promise<Snapshot> {
  const create = {
    width: widthPx,
    height: Math.round(widthPx * 0.75),
    channels: 3,
    background: '#345',
    noise: { type: 'gaussian', mean: 128, sigma: 60 },
  } as const;
  const jpeg = await sharp({ create }).jpeg({ quality: 85 }).toBuffer();
  return { camera: 'front', label, jpeg, smaller: keepingSmaller(jpeg), capturedAtMs: 0 };
}
