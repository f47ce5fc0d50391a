/** What one look at a part of a frame found. */
import type { Box } from '../../geometry/boxes.ts';
import type { Detection, LookedAt } from '../interpret/detection.ts';

export interface LookResult extends Pick<LookedAt, 'half'> {
  /** The part of the frame that was looked at, in fractions of the frame. */
  readonly area: Box;
  /** Boxes in fractions of the frame. */
  readonly detections: readonly Detection[];
}
