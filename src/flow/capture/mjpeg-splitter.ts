/** Cuts a stream of JPEG pictures into frames, whatever the chunks; garbage between and inside pictures is skipped. */
import { exifRotation } from './exif-orientation.ts';
import type { RotationDeg } from './frame.ts';
import type { PooledBuffer } from './frame-pool.ts';
import type { FrameSink } from './frame-sink.ts';
import { JpegScanner } from './jpeg-scanner.ts';

/** SOI and the first byte of the next marker: what the scanner has read when it tells of a beginning. */
const beginning = Buffer.from([0xff, 0xd8, 0xff]);

export interface MjpegSplitterOptions {
  readonly sink: FrameSink;
  readonly rotationDeg: RotationDeg;
  /** A picture that grows beyond this counts as corrupt: the bound on memory, whatever the program sends. */
  readonly maxFrameBytes: number;
  readonly origin?: string;
  /** Asked when a picture begins: false, and it is read past as one that nobody wants. */
  readonly isWanted?: () => boolean;
  /** Pictures say themselves how they were held, as phones' do. */
  readonly hasExif?: boolean;
  /** Called for every whole picture, also one that wasn't wanted or had no buffer. */
  readonly onPicture?: () => void;
}

/** A header may say 65535x65535, and decoding would ask for 13 GB; the largest sensor of a Pi camera has 64 million. */
export const mostPixels = 72_000_000;

/** Most bytes a JPEG of this size can sensibly take: 3 a pixel is more than any quality gives, and headers come on top. */
export function maxJpegBytes(widthPx: number, heightPx: number): number {
  return widthPx * heightPx * 3 + 262_144;
}

export class MjpegSplitter {
  readonly #options: MjpegSplitterOptions;
  readonly #scanner = new JpegScanner();
  /** Undefined inside a picture: no buffer was free, the picture is read past. */
  #buffer: PooledBuffer | undefined;
  #inside = false;
  #isWanted = true;
  #lengthBytes = 0;

  constructor(options: MjpegSplitterOptions) {
    this.#options = options;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const from = at;
      at = this.#scanner.scan(chunk, from);
      if (this.#inside) this.#store(chunk, from, at);
      if (this.#scanner.event === 'begin') this.#begin();
      else if (this.#scanner.event === 'end' && this.#inside) {
        if (this.#scanner.widthPx * this.#scanner.heightPx > mostPixels) this.#discard();
        else this.#finish();
      } else if (this.#scanner.event === 'broken' && this.#inside) this.#discard();
    }
  }

  /** The stream ended: a picture that was begun is truncated. */
  end(): void {
    if (this.#inside) this.#discard();
    this.#scanner.reset();
  }

  #begin(): void {
    this.#inside = true;
    this.#lengthBytes = 0;
    this.#isWanted = this.#options.isWanted?.() ?? true;
    this.#buffer = this.#isWanted ? this.#options.sink.claim() : undefined;
    this.#store(beginning, 0, beginning.length);
  }

  #store(chunk: Buffer, from: number, to: number): void {
    const lengthBytes = this.#lengthBytes + to - from;
    if (lengthBytes > this.#options.maxFrameBytes) {
      this.#discard();
      this.#scanner.reset();
      this.#scanner.event = 'more';
      return;
    }
    this.#buffer?.reserve(lengthBytes, this.#lengthBytes);
    this.#buffer?.bytes.set(chunk.subarray(from, to), this.#lengthBytes);
    this.#lengthBytes = lengthBytes;
  }

  #finish(): void {
    const { sink, rotationDeg, origin, hasExif } = this.#options;
    const buffer = this.#buffer;
    this.#inside = false;
    this.#buffer = undefined;
    this.#options.onPicture?.();
    if (buffer === undefined) {
      if (this.#isWanted) sink.dropped();
    } else {
      const heldDeg = hasExif ? exifRotation(buffer.bytes.subarray(0, this.#lengthBytes)) : 0;
      sink.deliver(buffer, {
        format: 'jpeg',
        widthPx: this.#scanner.widthPx,
        heightPx: this.#scanner.heightPx,
        strideBytes: 0,
        lengthBytes: this.#lengthBytes,
        rotationDeg: ((heldDeg + rotationDeg) % 360) as RotationDeg,
        ...(origin === undefined ? {} : { origin }),
      });
    }
  }

  #discard(): void {
    this.#inside = false;
    if (this.#buffer !== undefined) this.#options.sink.giveBack(this.#buffer);
    this.#buffer = undefined;
    this.#options.sink.corrupt();
  }
}
