/** Cameras whose events the broker won't have for now: one event of each is tried again with back-off, the others wait behind it. */
import { type BackoffOptions, backoffMs, type RandomSource } from '../../../system/service/retry.ts';

interface Postponement {
  /** The lowest sequence that waits. */
  first: number;
  attempts: number;
  /** The one that is tried now. */
  tried: number | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** A broker whose quota is free again is noticed within seconds, and one that stays closed is asked four times a minute. */
const retry: BackoffOptions = { firstMs: 500, factor: 2, maxMs: 15_000 };

export class Postponed {
  readonly #random: RandomSource;
  readonly #try: (camera: string, first: number) => void;
  readonly #cameras = new Map<string, Postponement>();

  /** @param tryOne called when it is time to try the first event that waits; followed by trying() or release() */
  constructor(random: RandomSource, tryOne: (camera: string, first: number) => void) {
    this.#random = random;
    this.#try = tryOne;
  }

  has(camera: string): boolean {
    return this.#cameras.has(camera);
  }

  /** An event of a camera that waits waits too. */
  join(camera: string, sequence: number): void {
    const waiting = this.#cameras.get(camera);
    if (waiting) waiting.first = Math.min(waiting.first, sequence);
  }

  /** The broker won't have this event now. Many that were under way together count as one attempt. */
  postpone(camera: string, sequence: number): void {
    const waiting = this.#cameras.get(camera) ?? { first: sequence, attempts: 0, tried: undefined, timer: undefined };
    this.#cameras.set(camera, waiting);
    waiting.first = Math.min(waiting.first, sequence);
    if (waiting.tried !== undefined && waiting.tried !== sequence) return;
    waiting.tried = undefined;
    waiting.timer ??= setTimeout(
      () => {
        waiting.timer = undefined;
        this.#try(camera, waiting.first);
      },
      backoffMs(waiting.attempts++, retry, this.#random),
    );
  }

  /** This event is on its way to see whether the broker has changed its mind. */
  trying(camera: string, sequence: number): void {
    const waiting = this.#cameras.get(camera);
    if (waiting) waiting.tried = sequence;
  }

  isTried(camera: string, sequence: number): boolean {
    return this.#cameras.get(camera)?.tried === sequence;
  }

  /** The events of this camera go out again. @returns the lowest sequence that waited */
  release(camera: string): number | undefined {
    const waiting = this.#cameras.get(camera);
    clearTimeout(waiting?.timer);
    this.#cameras.delete(camera);
    return waiting?.first;
  }

  /** Nothing waits any more. */
  clear(): void {
    for (const camera of [...this.#cameras.keys()]) this.release(camera);
  }
}
