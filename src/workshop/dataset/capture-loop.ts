/** One frame after the other, the newest first, while photos are wanted; ends when told to, or by the first fault. */

import { InputError } from '../../errors.ts';
import type { Frame } from '../../flow/capture/frame.ts';

export interface CaptureLoopOptions {
  /** Is a photo wanted now? Asked for every frame, and after wake(). */
  isWanted(): boolean;
  /** Takes what is wanted of the frame, which stays valid until it resolved. */
  take(frame: Frame): Promise<void>;
  /** A frame that can't be decoded was skipped. */
  onSkip(error: InputError): void;
}

export class CaptureLoop {
  readonly #options: CaptureLoopOptions;
  #newest: Frame | undefined;
  #busy = false;
  #ending = false;
  #isLast = false;
  #finish: { resolve(): void; reject(error: unknown): void } | undefined;
  /** Settles when the loop has ended and nothing is at work. */
  readonly ended: Promise<void>;

  constructor(options: CaptureLoopOptions) {
    this.#options = options;
    this.ended = new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
    });
  }

  /** Takes the frame over. */
  offer(frame: Frame): void {
    this.#newest?.release();
    this.#newest = frame;
    this.wake();
  }

  /** Something else is wanted than before. */
  wake(): void {
    if (!this.#busy) void this.#advance();
  }

  /** Ends after the frame that is at work. */
  end(): void {
    this.#ending = true;
    this.wake();
  }

  /** No more frames come: ends after the one that waits. */
  endAfterNewest(): void {
    this.#isLast = true;
    this.wake();
  }

  async #advance(): Promise<void> {
    this.#busy = true;
    try {
      while (!this.#ending && this.#newest !== undefined && this.#options.isWanted()) {
        const frame = this.#newest;
        this.#newest = undefined;
        try {
          await this.#options.take(frame);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          this.#options.onSkip(error);
        } finally {
          frame.release();
        }
      }
    } catch (error) {
      this.#ending = true;
      this.#finish!.reject(error);
    }
    this.#busy = false;
    if (!this.#ending && !this.#isLast) return;
    this.#newest?.release();
    this.#newest = undefined;
    this.#finish!.resolve();
  }
}
