/** A line that is taken, lost, and taken again with back-off: what inputs and outputs have in common. */
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type BackoffOptions, backoffMs } from '../../system/service/retry.ts';
import type { Timers } from './timers.ts';

export interface LineStatus {
  readonly state: 'ready' | 'simulated' | 'unavailable' | 'stopped';
  /** A sentence: the line and its adapter, or why it can't be used and how to mend it. */
  readonly detail: string;
  /** Next attempt, performance.now() ms. */
  readonly waitUntilMs?: number;
}

export interface RetriedLineOptions<Opened> {
  /** For the log, such as `output led`. */
  readonly title: string;
  /** Takes the line. Throws UnavailableError when it can't be had now; it is tried again. */
  readonly open: () => Opened;
  /** What is done first with a line that was just taken; it may be lost in that moment too. */
  readonly onOpened?: (opened: Opened) => void;
  /** Gives a line back that was lost, or is not needed any more. */
  readonly close: (opened: Opened) => void;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onStatus: (status: LineStatus) => void;
}

const retry: BackoffOptions = { firstMs: 1000, factor: 2, maxMs: 30_000 };

export class RetriedLine<Opened extends { readonly adapter: string; readonly detail: string }> {
  readonly #options: RetriedLineOptions<Opened>;
  #opened: Opened | undefined;
  #status: LineStatus = { state: 'unavailable', detail: 'not started' };
  #attempts = 0;
  #lastFault = '';
  #cancelRetry: () => void = () => undefined;

  constructor(options: RetriedLineOptions<Opened>) {
    this.#options = options;
  }

  /** The line while it is held. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  get status(): LineStatus {
    return this.#status;
  }

  /** Takes the line now, and again whenever it was lost; a failure is told through onStatus and tried again. */
  open(): void {
    const { title, open, onOpened, logger } = this.#options;
    this.use(() => {
      const opened = open();
      this.#opened = opened;
      logger.info(`${title}: ${opened.detail}`);
      this.#attempts = 0;
      this.#lastFault = '';
      this.#report({ state: opened.adapter === 'simulated' ? 'simulated' : 'ready', detail: opened.detail });
      onOpened?.(opened);
    });
  }

  /**
   * Does something with the line. An UnavailableError means that it is lost: logged once for each reason, and tried again.
   * Anything else is a mistake in goby, and thrown.
   * @returns whether the line is still held
   */
  use(work: () => void): boolean {
    try {
      work();
      return this.#opened !== undefined;
    } catch (error) {
      this.#lose(error);
      return false;
    }
  }

  /** Gives the line back, for good. @param why its status from then on */
  stop(why: string): void {
    this.#cancelRetry();
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) this.#options.close(opened);
    this.#report({ state: 'stopped', detail: why });
  }

  #lose(error: unknown): void {
    if (!(error instanceof UnavailableError)) throw error;
    const { title, close, logger, timers } = this.#options;
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) close(opened);
    if (error.message !== this.#lastFault) logger.warn(`${title}: ${error.message}`);
    this.#lastFault = error.message;
    const delayMs = backoffMs(this.#attempts++, retry, timers.random);
    this.#cancelRetry = timers.after(delayMs, () => this.open());
    this.#report({ state: 'unavailable', detail: error.message, waitUntilMs: timers.nowMs() + delayMs });
  }

  #report(status: LineStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
