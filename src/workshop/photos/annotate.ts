/** Draws boxes and labels onto a copy of a photo. */
import sharp from 'sharp';
import type { Detection } from '../../flow/interpret/detection.ts';
import { boxesSvg } from '../../flow/snapshot/boxes-svg.ts';

/** Reads `file`, writes a JPEG to `target`. */
export async function annotate(file: string, detections: readonly Detection[], target: string): Promise<void> {
  const upright = sharp(file).autoOrient();
  const { data, info } = await upright.toBuffer({ resolveWithObject: true });
  const overlay = boxesSvg(detections, info.width, info.height);
  await sharp(data)
    .composite([{ input: Buffer.from(overlay) }])
    .jpeg({ quality: 92 })
    .toFile(target);
}
