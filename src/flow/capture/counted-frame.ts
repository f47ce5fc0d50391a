/** A frame whose readers are counted: its buffer goes back to the camera when the last of them has released it. */
import type { Frame } from './frame.ts';

/** All of a frame but its count. */
export type FrameFacts = Omit<Frame, 'retain' | 'release'>;

/**
 * A frame with one reader: whoever is handed it.
 * @param free gives the buffer back; called once
 * @throws Error from `bytes`, retain() and release() once nobody holds the frame: its buffer may show another picture by then
 */
export function countedFrame(facts: FrameFacts, free: () => void = () => undefined): Frame {
  const { bytes, ...rest } = facts;
  let readers = 1;
  const checkHeld = (): void => {
    if (readers === 0) throw new Error(`frame ${rest.sequence} of ${rest.camera} was released already`);
  };
  return {
    ...rest,
    get bytes() {
      checkHeld();
      return bytes;
    },
    retain: () => {
      checkHeld();
      readers += 1;
    },
    release: () => {
      checkHeld();
      readers -= 1;
      if (readers === 0) free();
    },
  };
}
