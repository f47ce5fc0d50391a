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

/**
 * One is being filled, one waits as the newest, one is decoded or its tensor waits, one is in inference, and of one crops
 * are taken. A buffer that is never needed takes no memory.
 */
export const defaultPoolSize = 5;

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
