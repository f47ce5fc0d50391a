/** A frame: one picture as the camera gave it, still encoded or in planes. The noun that capture/ hands on. */

/**
 * `yuv420`: planes Y, U, V behind each other (I420), rows padded to a stride; full range (0..255) with the BT.601 matrix,
 * as in JFIF: rpicam-vid gives yuv420 so (libcamera's Sycc colour space), and ffmpeg is told to.
 * `jpeg`: one whole JPEG file.
 */
export type PixelFormat = 'yuv420' | 'jpeg';

/**
 * Clockwise turn, in degrees, that is still to be applied to make the picture upright. The EXIF orientation of a photo is
 * counted in already, so a decoder must not apply it a second time.
 */
export type RotationDeg = 0 | 90 | 180 | 270;

export interface Frame {
  readonly camera: string;
  /** Counts from 1 for each start of the agent; gaps are dropped frames. */
  readonly sequence: number;
  /** Wall clock when the last byte arrived, ms since 1970. */
  readonly capturedAtMs: number;
  /** performance.now() at the same moment: latencies are measured against this one. */
  readonly monotonicMs: number;
  readonly format: PixelFormat;
  /** Size of the picture before `rotationDeg` is applied. Even for yuv420. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rotationDeg: RotationDeg;
  /** Bytes from one row of Y to the next (U and V use half of it); 0 for JPEG. */
  readonly strideBytes: number;
  /** Valid while the frame is held. For yuv420: stride*height*3/2 bytes. */
  readonly bytes: Uint8Array;
  /** File name, for frames read from files. */
  readonly origin?: string;
  /** One reader more: `bytes` stay valid until each has called release(). */
  retain(): void;
  /** One reader less: call it exactly once for each retain(), and once for being handed the frame. The last gives the buffer back. */
  release(): void;
}
