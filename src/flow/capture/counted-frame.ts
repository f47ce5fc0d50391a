/** A frame whose readers are counted: its buffer goes back to the camera when the last of them has released it. */
import type { Frame, PixelFormat } from './frame.ts';

/** A frame in another form than cameras give. */
export type FrameAs<Format extends string> = Omit<Frame, 'format'> & { readonly format: Format };

/** All of a frame but its count. */
export type FrameFacts<Format extends string = PixelFormat> = Omit<FrameAs<Format>, 'retain' | 'release'>;

/**
 * A frame with one reader: whoever is handed it.
 * @param free gives the buffer back; called once
 * @throws Error from `bytes`, retain() and release() once nobody holds the frame: its buffer may show another picture by then
 */
export function countedFrame<Format extends string = PixelFormat>(
  facts: FrameFacts<Format>,
  free: () => void = () => undefined,
): FrameAs<Format> {
  let readers = 1;
  const hold = (): void => {
    if (readers === 0) throw releasedAlready(frame);
  };
  const frame = {
    ...facts,
    retain: () => {
      hold();
      readers += 1;
    },
    release: () => {
      hold();
      readers -= 1;
      if (readers > 0) return;
      // Nobody reads it any more, whoever still has the object.
      Object.defineProperty(frame, 'bytes', nothing);
      free();
    },
  };
  return frame;
}

/**
 * Set only now, and one getter for all: V8 keeps a getter that an object is made with beside the object, together with all that the
 * getter sees, until it looks through its whole heap. Buffers of megabytes would wait for that.
 */
const nothing: PropertyDescriptor & ThisType<FrameFacts> = {
  enumerable: true,
  get() {
    throw releasedAlready(this);
  },
};

function releasedAlready({ sequence, camera }: Pick<Frame, 'sequence' | 'camera'>): Error {
  return new Error(`frame ${sequence} of ${camera} was released already`);
}
