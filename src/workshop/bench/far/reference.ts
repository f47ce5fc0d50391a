/** Bench: exhaustive tiling, what goby would see in a frame if inferences cost nothing: the reference that regions are measured against. */
import type { Frame } from '../../../flow/capture/frame.ts';
import type { LookResult } from '../../../flow/merge/look-result.ts';
import { mergeLooks } from '../../../flow/merge/merge.ts';
import { fractionsOf } from '../../../flow/regions/region.ts';
import { tilesOf } from '../../../flow/regions/tiles.ts';
import type { Box } from '../../../geometry/boxes.ts';
import type { BoxedDetection, Look } from './looks.ts';
import { wholeOf } from './watch.ts';

export interface Reference {
  /** With at least the minimum score. */
  readonly objects: readonly BoxedDetection[];
  /** All that any tile showed, down to `faintScore`, doubles and what tiles cut included. */
  readonly faint: readonly BoxedDetection[];
  readonly looks: readonly LookResult[];
}

export interface ReferenceOptions {
  readonly look: Look;
  /** Of the model's input. */
  readonly inputPx: number;
  readonly labels: readonly string[];
  readonly minScore: number;
  /** Where tiles begin, in shares of the distance between two: 0 at the edge. */
  readonly shift: number;
}

/** What the reference doesn't give even so much lies on nothing. */
export const faintScore = 0.3;
/** Tiles are as large as the model's input, and so many times larger. */
const tileScales = [1, 1.8];

export async function exhaustiveReference(frame: Frame, options: ReferenceOptions): Promise<Reference> {
  const { look, inputPx, labels, minScore, shift } = options;
  const tiles = tileScales.flatMap((scale) => tilesOf(frame, Math.round(scale * inputPx), { shift }));
  const looks: { area: Box; detections: BoxedDetection[] }[] = [];
  for (const area of [wholeOf(frame), ...tiles]) {
    const [found] = await look(frame, area);
    looks.push({ area: fractionsOf(area, frame), detections: found!.filter(({ label }) => labels.includes(label)) });
  }
  const merged = mergeLooks(looks, { minScore }).detections as BoxedDetection[];
  return {
    objects: merged.filter(({ score }) => score >= minScore),
    faint: looks.flatMap(({ detections }) => detections.filter(({ score }) => score >= faintScore)),
    looks,
  };
}
