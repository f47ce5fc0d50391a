/** Which detections count: the right labels, sure enough, of a likely size and shape, and not standing in a mask. Pure functions. */
import type { LabelFilterConfig } from '../../config/zones-section.ts';
import type { Box } from '../../geometry/boxes.ts';
import { contains, type Point, type Polygon } from '../../geometry/polygon.ts';
import type { Detection } from '../interpret/detection.ts';

export interface DetectionFilter {
  /** Labels to follow; empty: all. */
  readonly labels: readonly string[];
  readonly masks: readonly Polygon[];
  readonly filters: Readonly<Record<string, LabelFilterConfig>>;
}

export interface FrameSize {
  readonly frameWidthPx: number;
  readonly frameHeightPx: number;
}

/** Does this detection count, whatever the camera's minimum score says? */
export function counts({ label, score, box }: Detection, filter: DetectionFilter, size: FrameSize): boolean {
  if (filter.labels.length > 0 && !filter.labels.includes(label)) return false;
  const own = Object.hasOwn(filter.filters, label) ? filter.filters[label] : undefined;
  if (own !== undefined && score < own.minScore) return false;
  if (box === undefined) return true;
  if (own !== undefined && !fits(box, own, size)) return false;
  const feet = footOf(box);
  return !filter.masks.some((mask) => contains(mask, feet));
}

/** Where an object stands: the middle of the lower edge of its box, within the frame. */
export function footOf([x1, , x2, y2]: Box): Point {
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  return [inside((x1 + x2) / 2), inside(y2)];
}

function fits([x1, y1, x2, y2]: Box, filter: LabelFilterConfig, { frameWidthPx, frameHeightPx }: FrameSize): boolean {
  const area = (x2 - x1) * (y2 - y1);
  const ratio = ((x2 - x1) * frameWidthPx) / ((y2 - y1) * frameHeightPx);
  return area >= filter.minArea && area <= filter.maxArea && ratio >= filter.minRatio && ratio <= filter.maxRatio;
}
