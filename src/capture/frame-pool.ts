/** The buffers a camera writes its frames into: a fixed number, reused, each growing to the largest frame it held. */

/** One buffer of the pool. Belongs to whoever claimed it until it is given back. */
export class PooledBuffer {
  bytes: Buffer;

  constructor() {
    this.bytes = Buffer.alloc(0);
  }

  /** Makes room for `length` bytes and keeps the first `kept` of them. Grows at least twofold, so that growth is rare. */
  reserve(length: number, kept: number): void {
    if (length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(kept === 0 ? length : Math.max(length, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, kept);
    this.bytes = grown;
  }
}

/** Four are enough: one is in the inference, one is decoded, one waits as the newest, one is being filled. */
export const defaultPoolSize = 4;

export class FramePool {
  readonly #free: PooledBuffer[];

  constructor(size: number = defaultPoolSize) {
    this.#free = Array.from({ length: size }, () => new PooledBuffer());
  }

  /** A free buffer, or undefined when all are in use: then the frame is to be dropped. */
  claim(): PooledBuffer | undefined {
    return this.#free.pop();
  }

  giveBack(buffer: PooledBuffer): void {
    this.#free.push(buffer);
  }
}
