/** A region: the part of a frame that one inference looks at, and why. The noun that regions/ hands on. */
import type { Box } from '../../geometry/boxes.ts';

/** A rectangle in whole pixels of the upright frame. */
export interface PixelArea {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * motion: something moves there. track: a known object is expected there. search: nobody looked there for a while.
 * whole: all of the frame, in one look or two. tile: one of many that cover the frame evenly.
 */
export type RegionReason = 'motion' | 'track' | 'search' | 'whole' | 'tile';

/** In fractions of the frame. */
export function fractionsOf(
  { leftPx, topPx, widthPx, heightPx }: PixelArea,
  frame: Pick<PixelArea, 'widthPx' | 'heightPx'>,
): Box {
  return [
    leftPx / frame.widthPx,
    topPx / frame.heightPx,
    (leftPx + widthPx) / frame.widthPx,
    (topPx + heightPx) / frame.heightPx,
  ];
}

/**
 * The half of the model's input that a region fills: two regions, each twice as wide as high, share one inference, one above the other.
 * People stand beside each other more often than above each other, and half of a square around them shows sky and pavement.
 */
export type InputHalf = 'upper' | 'lower';

/** An area, and how much of the model's input shows it. */
export interface ShownArea extends PixelArea {
  /** Absent: it fills the model's input. */
  readonly half?: InputHalf | undefined;
}

/** The lower half of an input comes right after its upper half. */
export interface Region extends ShownArea {
  readonly reason: RegionReason;
}

/** The regions of each inference. */
export function inferencesOf<Shown extends Pick<ShownArea, 'half'>>(regions: readonly Shown[]): Shown[][] {
  const inferences: Shown[][] = [];
  for (const region of regions) {
    if (region.half === 'lower') inferences.at(-1)!.push(region);
    else inferences.push([region]);
  }
  return inferences;
}
