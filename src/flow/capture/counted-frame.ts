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
  let bytes: Uint8Array | undefined = facts.bytes;
  let readers = 1;
  const held = (): Uint8Array => {
    if (bytes === undefined) throw new Error(`frame ${facts.sequence} of ${facts.camera} was released already`);
    return bytes;
  };
  return {
    ...facts,
    get bytes() {
      return held();
    },
    retain: () => {
      held();
      readers += 1;
    },
    release: () => {
      held();
      readers -= 1;
      if (readers > 0) return;
      // Nobody reads it any more, whoever still has the object.
      bytes = undefined;
      free();
    },
  };
}
