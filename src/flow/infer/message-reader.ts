/** Takes messages out of a stream of bytes, whatever its chunks; payloads go into two buffers in turns. */
import { prefixBytes, readPrefix } from './protocol.ts';

export interface MessageReaderOptions {
  /** Called for every whole message. `payload` is valid until the next one but one: two may come at once. */
  readonly onMessage: (header: unknown, payload: Uint8Array) => void;
}

export class MessageReader {
  readonly #onMessage: MessageReaderOptions['onMessage'];
  #head = Buffer.allocUnsafe(4096);
  #headFilled = 0;
  #headerBytes = -1;
  /** No Buffer: slice() of a view must copy. */
  #payload = new Uint8Array(0);
  #otherPayload = new Uint8Array(0);
  #payloadBytes = 0;
  #payloadFilled = 0;
  /** Nobody knows where the next message would begin. */
  #isLost = false;

  constructor({ onMessage }: MessageReaderOptions) {
    this.#onMessage = onMessage;
  }

  /**
   * Takes nothing any more once it has thrown.
   * @throws RangeError or SyntaxError when the bytes can't be messages
   */
  push(chunk: Uint8Array): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#take(chunk);
    this.#isLost = false;
  }

  #take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      const wanted = this.#headerBytes < 0 ? prefixBytes : prefixBytes + this.#headerBytes;
      if (this.#headFilled < wanted) {
        const take = Math.min(wanted - this.#headFilled, chunk.byteLength - at);
        this.#head.set(chunk.subarray(at, at + take), this.#headFilled);
        this.#headFilled += take;
        at += take;
        if (this.#headerBytes < 0 && this.#headFilled === prefixBytes) this.#begin();
      } else {
        const take = Math.min(this.#payloadBytes - this.#payloadFilled, chunk.byteLength - at);
        this.#payload.set(chunk.subarray(at, at + take), this.#payloadFilled);
        this.#payloadFilled += take;
        at += take;
      }
      if (this.#isWhole()) this.#deliver();
    }
  }

  #begin(): void {
    const { headerBytes, payloadBytes } = readPrefix(this.#head);
    if (this.#head.byteLength < prefixBytes + headerBytes) {
      this.#head = Buffer.concat([this.#head.subarray(0, prefixBytes)], prefixBytes + headerBytes);
    }
    if (this.#payload.byteLength < payloadBytes) this.#payload = new Uint8Array(payloadBytes);
    this.#headerBytes = headerBytes;
    this.#payloadBytes = payloadBytes;
    this.#payloadFilled = 0;
  }

  #isWhole(): boolean {
    return (
      this.#headerBytes >= 0 &&
      this.#headFilled === prefixBytes + this.#headerBytes &&
      this.#payloadFilled === this.#payloadBytes
    );
  }

  #deliver(): void {
    const header: unknown = JSON.parse(this.#head.toString('utf8', prefixBytes, prefixBytes + this.#headerBytes));
    this.#headFilled = 0;
    this.#headerBytes = -1;
    const payload = this.#payload.subarray(0, this.#payloadBytes);
    [this.#payload, this.#otherPayload] = [this.#otherPayload, this.#payload];
    this.#onMessage(header, payload);
  }
}
