/** Lets at most so many frames a second pass, and never fewer than the camera gives where those are enough. */

/** Each frame that passes puts the next one off by a period. Times jitter: a frame may come so much of it before it is due ... */
export const early = 0.5;
/** ... and behind one that came late, the next is due at least so much of a period later. */
export const apart = 0.7;

export class FrameRate {
  readonly #periodMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(framesPerSecond: number) {
    this.#periodMs = 1000 / framesPerSecond;
  }

  /** Whether a frame that begins now is wanted; if so, it counts. rateFilter() of ffmpeg-arguments.ts is the same rule. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#dueMs - early * this.#periodMs) return false;
    this.#dueMs = Math.max(this.#dueMs + this.#periodMs, nowMs + apart * this.#periodMs);
    return true;
  }
}
