/** How an object lay in the regions that were looked at, and whether those looks showed it: a detector repeats itself. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import { squeezedShare } from '../../geometry/squeezed-share.ts';
import type { SeenRegion } from './looked-at.ts';

/** One look at an object. */
export interface View {
  /** Where its middle lay in the region, in shares of the region's sides. */
  readonly across: number;
  readonly down: number;
  /** Logarithm of the share of the region's side that it took; see squeezedShare(). */
  readonly logShare: number;
  /** The region filled half of the model's input. */
  readonly isHalf: boolean;
  readonly shown: boolean;
  readonly atMs: number;
}

/** So many are remembered, the newest ones. */
const most = 8;

/** @param frameRatio width of the frame by its height, in pixels */
export function viewOf(
  [x1, y1, x2, y2]: Box,
  { box: [left, top, right, bottom], half }: SeenRegion,
  frameRatio: number,
): Omit<View, 'shown' | 'atMs'> {
  const [width, height] = [right - left, bottom - top];
  const isHalf = half !== undefined;
  const side = isHalf ? 2 * height : height;
  const share = squeezedShare((x2 - x1) / width, (y2 - y1) / side, (frameRatio * width) / side);
  return {
    across: ((x1 + x2) / 2 - left) / width,
    down: ((y1 + y2) / 2 - top) / height,
    logShare: Math.log(Math.max(1e-3, share)),
    isHalf,
  };
}

export function withViews(before: readonly View[], newest: readonly View[]): readonly View[] {
  return newest.length === 0 ? before : [...newest, ...before].slice(0, most);
}
