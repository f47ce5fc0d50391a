/** Newest frame wins: keeps one frame waiting, prepares the next tensor while an inference runs, never queues. */
import type { Frame } from './capture/frame.ts';
import type { Tensor } from './preprocess/tensor.ts';

export interface FrameSchedulerOptions<Prepared> {
  /** Frame to tensor; undefined: not worth an inference. A rejection skips the frame. */
  prepare(frame: Frame): Promise<Prepared | undefined>;
  /** The rest of the flow for one tensor; one call at a time. The frame is held while it runs. A rejection skips the frame. */
  run(frame: Frame, prepared: Prepared, prepareMs: number): Promise<void>;
  /** A frame gave way to a newer one. */
  onDrop(): void;
  onError(error: unknown, stage: 'preprocess' | 'infer'): void;
}

interface Ready<Prepared> {
  readonly frame: Frame;
  readonly prepared: Prepared;
  readonly prepareMs: number;
}

/** After an inference began, its tensor is on the way to the worker: decoding in that time would hold it up by a millisecond. */
export const handOverMs = 1;
/** Weight of the newest sample in the running averages of stage times. */
const smoothing = 0.2;

export class FrameScheduler<Prepared extends Pick<Tensor, 'release'>> {
  readonly #options: FrameSchedulerOptions<Prepared>;
  #waiting: Frame | undefined;
  #preparing = false;
  #ready: Ready<Prepared> | undefined;
  #running = false;
  #runStartedMs = 0;
  #averageRunMs = 0;
  #averagePrepareMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: FrameSchedulerOptions<Prepared>) {
    this.#options = options;
  }

  /** Takes ownership of the frame; it is released here, used or not. */
  offer(frame: Frame): void {
    if (this.#stopped) {
      frame.release();
      return;
    }
    if (this.#waiting) {
      this.#waiting.release();
      this.#options.onDrop();
    }
    this.#waiting = frame;
    this.#advance();
  }

  /** Lets go of what waits, and resolves when the inference in flight has ended. No call of `run` begins after this. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting?.release();
    this.#waiting = undefined;
    this.#discardReady();
    if (this.#preparing || this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #advance(): void {
    if (this.#ready && !this.#running && !this.#stopped) void this.#run(this.#ready);
    if (this.#waiting && !this.#ready && !this.#preparing) {
      const delayMs = this.#prepareInMs();
      if (delayMs <= 0) void this.#prepare();
      else if (this.#timer === undefined) {
        // A tensor made too early would show an old picture: while a long inference runs, later frames may still replace this one.
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          if (this.#waiting && !this.#ready && !this.#preparing) void this.#prepare();
        }, delayMs);
      }
    }
    if (!this.#preparing && !this.#running) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * How long the next preparation can wait and still be done, with a margin of itself and 3 ms, when the inference ends; at least
   * until the tensor before it is handed over.
   */
  #prepareInMs(): number {
    if (!this.#running) return 0;
    const runForMs = performance.now() - this.#runStartedMs;
    return Math.max(handOverMs - runForMs, this.#averageRunMs - runForMs - 2 * this.#averagePrepareMs - 3);
  }

  async #prepare(): Promise<void> {
    const frame = this.#waiting!;
    this.#waiting = undefined;
    this.#preparing = true;
    const startedMs = performance.now();
    try {
      const prepared = await this.#options.prepare(frame);
      if (prepared === undefined) {
        frame.release();
        return;
      }
      const prepareMs = performance.now() - startedMs;
      this.#averagePrepareMs += smoothing * (prepareMs - this.#averagePrepareMs);
      this.#ready = { frame, prepared, prepareMs };
      if (this.#stopped) this.#discardReady();
    } catch (error) {
      frame.release();
      this.#options.onError(error, 'preprocess');
    } finally {
      this.#preparing = false;
      this.#advance();
    }
  }

  #discardReady(): void {
    this.#ready?.prepared.release();
    this.#ready?.frame.release();
    this.#ready = undefined;
  }

  async #run({ frame, prepared, prepareMs }: Ready<Prepared>): Promise<void> {
    this.#ready = undefined;
    this.#running = true;
    this.#runStartedMs = performance.now();
    try {
      await this.#options.run(frame, prepared, prepareMs);
      this.#averageRunMs += smoothing * (performance.now() - this.#runStartedMs - this.#averageRunMs);
    } catch (error) {
      this.#options.onError(error, 'infer');
    } finally {
      prepared.release();
      frame.release();
      this.#running = false;
      this.#advance();
    }
  }
}
