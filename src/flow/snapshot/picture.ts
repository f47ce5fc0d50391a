/** Pictures kept for later: copies of frames, because a camera writes over its buffers. A fixed number, reused. */
import type { Frame } from '../capture/frame.ts';

/** A frame's pixels and what it takes to read them, without its camera's buffer. */
export interface Picture
  extends Pick<
    Frame,
    'sequence' | 'capturedAtMs' | 'format' | 'widthPx' | 'heightPx' | 'rotationDeg' | 'strideBytes' | 'bytes'
  > {}

/** A copy with a count of those who still need it. */
export interface KeptPicture extends Picture {
  /** One more needs it. */
  hold(): void;
  /** One less; the last one gives the memory back. */
  letGo(): void;
}

/** The buffers for kept pictures of one camera; each grows to the largest picture it held. */
export class PictureShelf {
  readonly #free: { bytes: Uint8Array }[];

  constructor(places: number) {
    this.#free = Array.from({ length: places }, () => ({ bytes: new Uint8Array(0) }));
  }

  get isFull(): boolean {
    return this.#free.length === 0;
  }

  /** Copies the frame, held once; undefined when every place is taken. */
  keep(frame: Frame): KeptPicture | undefined {
    const place = this.#free.pop();
    if (place === undefined) return undefined;
    const { sequence, capturedAtMs, format, widthPx, heightPx, rotationDeg, strideBytes, bytes } = frame;
    if (place.bytes.length < bytes.length) place.bytes = new Uint8Array(bytes.length);
    place.bytes.set(bytes);
    let holders = 1;
    return {
      sequence,
      capturedAtMs,
      format,
      widthPx,
      heightPx,
      rotationDeg,
      strideBytes,
      bytes: place.bytes.subarray(0, bytes.length),
      hold: () => {
        holders += 1;
      },
      letGo: () => {
        holders -= 1;
        if (holders === 0) this.#free.push(place);
      },
    };
  }
}
