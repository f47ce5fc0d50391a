/** Bench: whole photos as regions look at a whole frame, in one look or two, beside one look stretched: mean average precision of both. */

import { photoFrame } from '../../../flow/capture/photo-frame.ts';
import type { Detection } from '../../../flow/interpret/detection.ts';
import { mergeLooks } from '../../../flow/merge/merge.ts';
import { wholeFrame, wholeLooks } from '../../../flow/regions/candidates.ts';
import { fractionsOf, type PixelArea } from '../../../flow/regions/region.ts';
import type { CocoSet } from '../../evaluate/coco-annotations.ts';
import { cocoMap, type FoundBox, type MeanPrecision } from '../../evaluate/coco-map.ts';
import type { Look } from './looks.ts';

export interface PhotosBench {
  readonly photos: number;
  /** Photos that are wide enough for two looks. */
  readonly inTwoLooks: number;
  readonly wholeLooks: MeanPrecision;
  readonly oneLook: MeanPrecision;
}

/** @param options the look with all scores: the measure counts the lowest too */
export async function measurePhotos(
  set: CocoSet,
  { look, minScore, onPhoto }: { look: Look; minScore: number; onPhoto: (done: number) => void },
): Promise<PhotosBench> {
  const categoryOf = new Map([...set.categories].map(([id, name]) => [name, id]));
  const found: Record<'oneLook' | 'wholeLooks', FoundBox[]> = { oneLook: [], wholeLooks: [] };
  let inTwoLooks = 0;
  for (const [at, { id, file, widthPx, heightPx }] of set.pictures.entries()) {
    const frame = { ...(await photoFrame(file, at + 1)), widthPx, heightPx };
    const lookAt = async (areas: readonly PixelArea[]) => {
      const looks = [];
      for (const area of areas)
        looks.push({ area: fractionsOf(area, frame), detections: (await look(frame, area))[0]! });
      return mergeLooks(looks, { minScore }).detections;
    };
    const toFound = ({ label, score, box }: Detection): FoundBox => {
      const [left, top, right, bottom] = box!;
      const extent = [left * widthPx, top * heightPx, (right - left) * widthPx, (bottom - top) * heightPx] as const;
      return { image: id, category: categoryOf.get(label) ?? -1, score, box: extent };
    };
    const areas = wholeLooks(frame);
    if (areas.length > 1) inTwoLooks += 1;
    found.oneLook.push(...(await lookAt([wholeFrame(frame)])).map(toFound));
    found.wholeLooks.push(...(await lookAt(areas)).map(toFound));
    onPhoto(at + 1);
  }
  return {
    photos: set.pictures.length,
    inTwoLooks,
    wholeLooks: cocoMap(set.truths, found.wholeLooks),
    oneLook: cocoMap(set.truths, found.oneLook),
  };
}
