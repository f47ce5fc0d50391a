/** A detector's box as an observation of the whole object: what the frame's edge cuts reaches on outside. Pure functions. */
import type { Box } from '../../geometry/boxes.ts';
import type { CutSides } from '../interpret/detection.ts';

/** Which side the edge of frame or region cuts: the left or upper one (low), the right or lower one (high), or neither, or both. */
export type Cut = 'none' | 'low' | 'high';

/** Centre and extent in fractions of the frame; the centre may lie outside it. */
export interface BoxObservation {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly cutX: Cut;
  readonly cutY: Cut;
}

/** A side as near as this to the edge of the frame is taken for cut. */
const edge = 0.015;

/** A box, and the sides at which the region that showed it cuts it. */
export interface SeenBox {
  readonly box: Box;
  readonly cut?: CutSides | undefined;
}

/** @param whole extent that the object has as far as is known: a cut box is completed to it */
export function observationOf(
  { box: [x1, y1, x2, y2], cut }: SeenBox,
  whole = { width: 0, height: 0 },
): BoxObservation {
  const across = alongOneAxis(x1, x2, { whole: whole.width, low: cut?.left, high: cut?.right });
  const down = alongOneAxis(y1, y2, { whole: whole.height, low: cut?.top, high: cut?.bottom });
  return {
    x: across.centre,
    width: across.extent,
    cutX: across.cut,
    y: down.centre,
    height: down.extent,
    cutY: down.cut,
  };
}

interface Limits {
  readonly whole: number;
  readonly low: true | undefined;
  readonly high: true | undefined;
}

function alongOneAxis(
  from: number,
  to: number,
  { whole, low, high }: Limits,
): { centre: number; extent: number; cut: Cut } {
  const isLow = low ?? from <= edge;
  const isHigh = high ?? to >= 1 - edge;
  // Cut on both sides, nothing tells where it goes on.
  const cut = isLow === isHigh ? 'none' : isLow ? 'low' : 'high';
  if (cut === 'none') return { centre: (from + to) / 2, extent: to - from, cut };
  const extent = Math.max(to - from, whole);
  return { centre: cut === 'low' ? to - extent / 2 : from + extent / 2, extent, cut };
}
