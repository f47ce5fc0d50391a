/** Cuts a stream of raw YUV420 pictures of one size into frames. */
import type { RotationDeg } from './frame.ts';
import type { PooledBuffer } from './frame-pool.ts';
import type { FrameSink } from './frame-sink.ts';

export interface YuvLayout {
  /** Even. */
  readonly widthPx: number;
  /** Even. */
  readonly heightPx: number;
  /** Bytes from one row of Y to the next, even and at least widthPx; rows of U and V take half. */
  readonly strideBytes: number;
}

export function yuvFrameBytes({ heightPx, strideBytes }: YuvLayout): number {
  return (strideBytes * heightPx * 3) / 2;
}

export class YuvSplitter {
  readonly #sink: FrameSink;
  readonly #layout: YuvLayout;
  readonly #rotationDeg: RotationDeg;
  readonly #frameBytes: number;
  /** Undefined inside a picture: no buffer was free, the picture is read past. */
  #buffer: PooledBuffer | undefined;
  #filledBytes = 0;

  constructor(sink: FrameSink, layout: YuvLayout, rotationDeg: RotationDeg) {
    this.#sink = sink;
    this.#layout = layout;
    this.#rotationDeg = rotationDeg;
    this.#frameBytes = yuvFrameBytes(layout);
  }

  /** Reads from `offset` to the end of the current picture or of the chunk; returns the offset behind what was read. */
  take(chunk: Buffer, offset: number): number {
    if (this.#filledBytes === 0) {
      this.#buffer = this.#sink.claim();
      this.#buffer?.reserve(this.#frameBytes, 0);
    }
    const taken = Math.min(this.#frameBytes - this.#filledBytes, chunk.length - offset);
    this.#buffer?.bytes.set(chunk.subarray(offset, offset + taken), this.#filledBytes);
    this.#filledBytes += taken;
    if (this.#filledBytes === this.#frameBytes) this.#finish();
    return offset + taken;
  }

  /** True between pictures. */
  get isBetween(): boolean {
    return this.#filledBytes === 0;
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at = this.take(chunk, at);
  }

  /** The stream ended: a picture that was begun is truncated. */
  end(): void {
    if (this.isBetween) return;
    this.#filledBytes = 0;
    if (this.#buffer !== undefined) this.#sink.giveBack(this.#buffer);
    this.#buffer = undefined;
    this.#sink.corrupt();
  }

  #finish(): void {
    const buffer = this.#buffer;
    this.#filledBytes = 0;
    this.#buffer = undefined;
    if (buffer === undefined) this.#sink.dropped();
    else {
      this.#sink.deliver(buffer, {
        format: 'yuv420',
        ...this.#layout,
        lengthBytes: this.#frameBytes,
        rotationDeg: this.#rotationDeg,
      });
    }
  }
}
