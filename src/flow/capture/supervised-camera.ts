/** A camera that keeps going: starts its source, watches that frames come, and starts it again with back-off. */
import { setTimeout as wait } from 'node:timers/promises';
import { sentence, UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { backoffMs } from '../../system/service/retry.ts';
import { troubleKey } from '../../text/same-trouble.ts';
import type { Camera, CameraCounters, CameraEvents, CameraStatus } from './camera.ts';
import type { Frame } from './frame.ts';
import { FrameSink } from './frame-sink.ts';
import type { CaptureTiming } from './machine.ts';
import { SilenceLimit } from './silence-limit.ts';

export interface CaptureContext {
  readonly sink: FrameSink;
  /** Aborted when the camera stops or stalls; its reason says which. */
  readonly signal: AbortSignal;
  /**
   * Says what is about to stream; it becomes the detail of the state `streaming` with the first frame.
   * @param periodMs the longest regular time between two frames
   * @param steady frames come from hardware of this machine, at a rate of their own: a gap of many periods means that it hangs
   */
  announce(detail: string, periodMs: number, steady?: boolean): void;
}

/** One attempt: streams until the source comes to its regular end. @throws why it failed, or the signal's reason */
export type Capture = (context: CaptureContext) => Promise<void>;

export interface SupervisedCameraOptions {
  readonly name: string;
  readonly capture: Capture;
  readonly stallTimeoutMs: number;
  readonly timing: CaptureTiming;
  readonly logger: Logger;
}

/** Where frames are further apart than this, each one renews the declared deadline. */
const slowPeriodMs = 1000;
/** The limit of silence sinks while a camera streams: it is looked at again at least this often. */
const lookMs = 1000;
/** A timer that is this late tells of a process that was held up itself, with frames that wait to be read. */
const heldUpMs = 200;
/** More kinds of trouble than this are told anew. */
const mostTold = 50;

export class SupervisedCamera implements Camera {
  readonly name: string;
  readonly #capture: Capture;
  readonly #stallTimeoutMs: number;
  readonly #timing: CaptureTiming;
  readonly #logger: Logger;
  readonly #sink: FrameSink;
  readonly #stop = new AbortController();
  #events: CameraEvents | undefined;
  #running: Promise<void> = Promise.resolve();
  #status: CameraStatus | undefined;
  /** What the running attempt announced. */
  #announced = { detail: '', periodMs: 0, steady: false };
  #silence: SilenceLimit;
  #lastProgressMs = 0;
  /** When the first frame of the running attempt came; 0: none yet. */
  #streamingSinceMs = 0;
  /** Why the last attempt failed; empty: it didn't. */
  #trouble = '';
  /** Troubles that the log was told since the camera last streamed for long. */
  readonly #told = new Set<string>();
  /** The log was told of a trouble, and not yet that it is over. */
  #isTroubleTold = false;

  constructor({ name, capture, stallTimeoutMs, timing, logger }: SupervisedCameraOptions) {
    this.name = name;
    this.#capture = capture;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#timing = timing;
    this.#silence = this.#newSilence();
    this.#logger = logger;
    this.#sink = new FrameSink({
      camera: name,
      onFrame: (frame: Frame) => this.#events?.onFrame(frame),
      onProgress: () => this.#progress(),
    });
  }

  get counters(): Readonly<CameraCounters> {
    return this.#sink.counters;
  }

  start(events: CameraEvents): void {
    if (this.#events !== undefined || this.#stop.signal.aborted) return;
    this.#events = events;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#sink.close();
    if (!this.#stop.signal.aborted) {
      if (this.#events !== undefined && this.#status?.state !== 'ended') this.#report('stopped', 'stopped');
      this.#stop.abort(new Error('stopped'));
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped; failures += 1) {
      this.#tellAttempt();
      const error = await this.#attempt();
      if (this.#isStopped) return;
      if (error === undefined) {
        this.#report('ended', `${this.#announced.detail}: came to its end`);
        return;
      }
      const streamedMs = this.#streamingSinceMs === 0 ? 0 : this.#lastProgressMs - this.#streamingSinceMs;
      if (streamedMs >= this.#timing.stableMs) {
        failures = 0;
        this.#told.clear();
      }
      // A camera that worked until now seldom needs a rest: only one that fails again waits.
      const delayMs =
        failures === 0 && this.#streamingSinceMs > 0
          ? 0
          : backoffMs(failures, this.#timing.backoff, this.#timing.random);
      this.#tellTrouble(sentence(error), delayMs);
      // Rejects when stop() is called meanwhile.
      await wait(delayMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (!this.#isStopped) this.#sink.restarted();
    }
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Runs the source once; resolves with the reason of its failure, or undefined at its regular end. */
  async #attempt(): Promise<unknown> {
    const stall = new AbortController();
    this.#lastProgressMs = performance.now();
    this.#streamingSinceMs = 0;
    this.#announced = { detail: 'the camera', periodMs: 0, steady: false };
    this.#silence = this.#newSilence();
    const watch = this.#watchForStall(stall);
    try {
      await this.#capture({
        sink: this.#sink,
        signal: AbortSignal.any([this.#stop.signal, stall.signal]),
        announce: (detail, periodMs, steady = false) => {
          this.#announced = { detail, periodMs, steady };
        },
      });
      return undefined;
    } catch (error) {
      // Timers reject with an error of their own; the signal knows why.
      if (stall.signal.aborted && (error as Error | undefined)?.name === 'AbortError') return stall.signal.reason;
      return error ?? new UnavailableError('The camera failed without a reason.');
    } finally {
      watch.cancel();
    }
  }

  /** A timer now and then, none for each frame. */
  #watchForStall(stall: AbortController): { cancel(): void } {
    let timer: NodeJS.Timeout;
    let dueMs: number;
    const lookIn = (delayMs: number): void => {
      dueMs = performance.now() + delayMs;
      timer = setTimeout(look, delayMs);
    };
    const look = (): void => {
      const nowMs = performance.now();
      const silentMs = nowMs - this.#lastProgressMs;
      const leftMs = this.#longestSilenceMs() - silentMs;
      if (leftMs > 0) lookIn(Math.min(leftMs, lookMs));
      else if (nowMs - dueMs > heldUpMs && silentMs < this.#stallTimeoutMs) lookIn(heldUpMs);
      else {
        const error = this.#stallError();
        this.#report('reconnecting', error.message, nowMs + this.#timing.terminateMs + this.#timing.killMs);
        stall.abort(error);
      }
    };
    lookIn(Math.min(this.#stallTimeoutMs, lookMs));
    return { cancel: () => clearTimeout(timer) };
  }

  #newSilence(): SilenceLimit {
    return new SilenceLimit({ stallTimeoutMs: this.#stallTimeoutMs, stableMs: this.#timing.stableMs });
  }

  #longestSilenceMs(): number {
    return this.#silence.limitMs(this.#announced);
  }

  #stallError(): UnavailableError {
    const silence = `no frame came for ${Math.round(this.#longestSilenceMs() / 100) / 10} s`;
    const corrupt = this.#sink.counters.corruptTotal;
    const skipped = corrupt === 0 ? '' : ` (${corrupt} corrupt frames were skipped so far)`;
    return new UnavailableError(`The camera stalled: ${silence}${skipped}; expected: ${this.#announced.detail}.`);
  }

  /** Called for every whole frame. */
  #progress(): void {
    this.#lastProgressMs = performance.now();
    this.#silence.frame(this.#lastProgressMs);
    if (this.#streamingSinceMs === 0) {
      this.#streamingSinceMs = this.#lastProgressMs;
      if (this.#isTroubleTold) this.#logger.info(`streams again: ${this.#announced.detail}`);
      this.#isTroubleTold = false;
      this.#trouble = '';
      this.#report('streaming', this.#announced.detail, this.#deadline());
    } else if (this.#announced.periodMs > slowPeriodMs) {
      this.#report('streaming', this.#announced.detail, this.#deadline());
    }
  }

  #deadline(): number | undefined {
    return this.#announced.periodMs > slowPeriodMs ? this.#lastProgressMs + this.#longestSilenceMs() : undefined;
  }

  /** The reason of the last failure stays visible until a frame comes. */
  #tellAttempt(): void {
    const deadline = performance.now() + this.#stallTimeoutMs;
    if (this.#trouble === '') this.#report('starting', 'starts', deadline);
    else this.#report('reconnecting', this.#trouble, deadline);
  }

  #tellTrouble(reason: string, delayMs: number): void {
    const key = troubleKey(reason);
    // The same trouble again is one line in the log, and one in health, however often it is tried.
    if (this.#told.has(key)) this.#logger.debug(reason);
    else {
      this.#logger.warn(reason);
      this.#isTroubleTold = true;
    }
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(key);
    if (troubleKey(this.#trouble) !== key) this.#trouble = reason;
    this.#report('reconnecting', this.#trouble, performance.now() + delayMs);
  }

  #report(state: CameraStatus['state'], detail: string, waitUntilMs?: number): void {
    if (this.#isStopped) return;
    this.#status = { state, detail, ...(waitUntilMs === undefined ? {} : { waitUntilMs }) };
    this.#events?.onStatus(this.#status);
  }
}
