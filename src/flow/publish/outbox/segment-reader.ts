/** Goes through the lines of one outbox file, decoding each when it is asked for. */
import { decodeLine, type OutboxLine } from './record.ts';

const lineFeed = 0x0a;

export class SegmentReader {
  readonly #bytes: Buffer;
  #at = 0;
  #damagedTotal = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whole lines that could not be read so far. What stands behind the last line feed is torn, and not counted. */
  get damagedTotal(): number {
    return this.#damagedTotal;
  }

  /** The next line that can be read; undefined at the end. */
  next(): OutboxLine | undefined {
    for (;;) {
      const end = this.#bytes.indexOf(lineFeed, this.#at);
      if (end < 0) return undefined;
      const line = decodeLine(this.#bytes.subarray(this.#at, end));
      this.#at = end + 1;
      if (line !== undefined) return line;
      this.#damagedTotal += 1;
    }
  }
}
