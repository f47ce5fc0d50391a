/** A region: the part of a frame that one inference looks at, and why. The noun that regions/ hands on. */

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

export interface Region extends PixelArea {
  readonly reason: RegionReason;
}
