/** Draws boxes and labels onto a copy of a photo. */
import sharp from 'sharp';
import type { Detection, LookedAt } from '../../flow/interpret/detection.ts';
import { boxesSvg, regionsSvg } from '../../flow/snapshot/boxes-svg.ts';

export interface Annotations {
  readonly detections: readonly Detection[];
  /** Drawn as thin lines below the boxes. */
  readonly regions?: readonly LookedAt[];
}

/** Reads `file`, writes a JPEG to `target`. */
export async function annotate(file: string, { detections, regions = [] }: Annotations, target: string): Promise<void> {
  const upright = sharp(file).autoOrient();
  const { data, info } = await upright.toBuffer({ resolveWithObject: true });
  const overlays = [
    regionsSvg(
      regions.map(({ box }) => box),
      info.width,
      info.height,
    ),
    boxesSvg(detections, info.width, info.height),
  ];
  await sharp(data)
    .composite(overlays.map((svg) => ({ input: Buffer.from(svg) })))
    .jpeg({ quality: 92 })
    .toFile(target);
}
