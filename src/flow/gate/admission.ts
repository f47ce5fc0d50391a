/** Whether a frame goes on to an inference, and where something moved. The noun that the gate hands on. */
import type { Box } from '../../geometry/boxes.ts';

/** At most so many boxes are told, the largest: in snow nobody needs each flake. */
export const mostMotionBoxes = 32;

/** What moved in a frame. */
export interface Motion {
  /** Connected parts of the picture that changed, the largest first, in fractions of the upright frame; not all there may be. */
  readonly boxes: readonly Box[];
  /** Share of the picture that changed, 0..1; what lies in a mask doesn't count. */
  readonly share: number;
  /** So much changed at once that it was the light, or the first picture: the boxes say nothing. */
  readonly all: boolean;
}

export interface Admission {
  readonly admitted: boolean;
  /** Nothing moves: the frame is looked at because it is time to. */
  readonly forced?: boolean;
  /** As of this frame or, where the gate looks at it later, of the one before. Absent: nobody knows. */
  readonly motion?: Motion | undefined;
  /**
   * Present where the frame was admitted unseen: lets the gate look at it after all, which is not to hold the inference up.
   * To be called while frame.bytes are valid; they are not read after it resolved. Never rejects.
   */
  learn?(): Promise<unknown>;
}
