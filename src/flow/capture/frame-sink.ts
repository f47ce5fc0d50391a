/** Where every adapter hands its pictures on: gives out buffers, numbers the frames, counts what was lost. */
import type { CameraCounters } from './camera.ts';
import { countedFrame } from './counted-frame.ts';
import type { Frame, PixelFormat, RotationDeg } from './frame.ts';
import { FramePool, type PooledBuffer } from './frame-pool.ts';

/** What an adapter knows of a picture whose bytes lie in a pooled buffer. */
export interface Picture {
  readonly format: PixelFormat;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly strideBytes: number;
  /** The picture is the first `lengthBytes` of the buffer. */
  readonly lengthBytes: number;
  readonly rotationDeg: RotationDeg;
  readonly origin?: string;
}

export interface FrameSinkOptions {
  readonly camera: string;
  readonly onFrame: (frame: Frame) => void;
  /** A whole picture came, whether or not there was room for it. */
  readonly onProgress: () => void;
  readonly poolSize?: number;
}

export class FrameSink {
  readonly counters: CameraCounters = { framesTotal: 0, corruptTotal: 0, restartsTotal: 0, droppedTotal: 0 };
  readonly #camera: string;
  readonly #onFrame: (frame: Frame) => void;
  readonly #onProgress: () => void;
  readonly #pool: FramePool;
  #sequence = 0;
  #closed = false;

  constructor({ camera, onFrame, onProgress, poolSize }: FrameSinkOptions) {
    this.#camera = camera;
    this.#onFrame = onFrame;
    this.#onProgress = onProgress;
    this.#pool = new FramePool(poolSize);
  }

  /** A buffer for a picture that begins; undefined: skip the picture and call dropped() at its end. */
  claim(): PooledBuffer | undefined {
    return this.#pool.claim();
  }

  /** Takes a claimed buffer back without a frame. */
  giveBack(buffer: PooledBuffer): void {
    this.#pool.giveBack(buffer);
  }

  /** Hands a whole picture on. The buffer belongs to the frame until its last reader has released it. */
  deliver(buffer: PooledBuffer, picture: Picture): void {
    if (this.#closed) {
      this.#pool.giveBack(buffer);
      return;
    }
    this.counters.framesTotal += 1;
    this.#sequence += 1;
    const frame = countedFrame(
      {
        camera: this.#camera,
        sequence: this.#sequence,
        capturedAtMs: Date.now(),
        monotonicMs: performance.now(),
        format: picture.format,
        widthPx: picture.widthPx,
        heightPx: picture.heightPx,
        rotationDeg: picture.rotationDeg,
        strideBytes: picture.strideBytes,
        bytes: buffer.bytes.subarray(0, picture.lengthBytes),
        ...(picture.origin === undefined ? {} : { origin: picture.origin }),
      },
      () => this.#pool.giveBack(buffer),
    );
    this.#onProgress();
    this.#onFrame(frame);
  }

  /** A whole picture came while no buffer was free. It takes a number, so that the gap shows. */
  dropped(): void {
    this.#sequence += 1;
    this.counters.droppedTotal += 1;
    this.#onProgress();
  }

  /** A truncated or corrupt picture was skipped. */
  corrupt(): void {
    this.counters.corruptTotal += 1;
  }

  restarted(): void {
    this.counters.restartsTotal += 1;
  }

  /** From now on nothing is handed on any more. Frames that are out stay valid until they are released. */
  close(): void {
    this.#closed = true;
  }
}
