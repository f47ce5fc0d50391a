/** Holds on to one line: takes it, drives it, and takes it again with back-off when it was lost. */
import type { OutputConfig } from '../../config/schema.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type BackoffOptions, backoffMs } from '../../system/service/retry.ts';
import type { OpenedSwitch } from './open-switch.ts';
import type { SwitchOptions } from './switch.ts';
import type { Timers } from './timers.ts';

export interface OutputStatus {
  readonly state: 'ready' | 'simulated' | 'unavailable' | 'stopped';
  /** A sentence: the line and its adapter, or why it can't be used and how to mend it. */
  readonly detail: string;
  /** Next attempt, performance.now() ms. */
  readonly waitUntilMs?: number;
}

export interface HeldLineOptions {
  /** Of the output, for the log. */
  readonly name: string;
  readonly config: Pick<OutputConfig, 'line' | 'activeLow' | 'safe'>;
  /** Takes the line. Throws UnavailableError when it can't be had now; it is tried again. */
  readonly open: (options: SwitchOptions) => OpenedSwitch;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onStatus: (status: OutputStatus) => void;
}

const retry: BackoffOptions = { firstMs: 1000, factor: 2, maxMs: 30_000 };

export class HeldLine {
  readonly #options: HeldLineOptions;
  readonly #safeLevel: boolean;
  #level: boolean;
  #opened: OpenedSwitch | undefined;
  #status: OutputStatus = { state: 'unavailable', detail: 'not started' };
  #attempts = 0;
  #lastFault = '';
  #cancelRetry: () => void = () => undefined;

  constructor(options: HeldLineOptions) {
    this.#options = options;
    this.#safeLevel = options.config.safe === 'on';
    this.#level = this.#safeLevel;
  }

  /** Adapter that drives the line; undefined while none does. */
  get adapter(): OpenedSwitch['adapter'] | undefined {
    return this.#opened?.adapter;
  }

  /** Logical level wanted; the line has it whenever it is held. */
  get level(): boolean {
    return this.#level;
  }

  get status(): OutputStatus {
    return this.#status;
  }

  /** Takes the line at the wanted level; a failure is told through onStatus and tried again. */
  open(): void {
    const { config, open, logger, name } = this.#options;
    try {
      this.#opened = open({ line: config.line, activeLow: config.activeLow, initial: this.#level });
    } catch (error) {
      this.#lose(error);
      return;
    }
    const { adapter, detail } = this.#opened;
    logger.info(`output ${name}: ${detail}`);
    this.#attempts = 0;
    this.#lastFault = '';
    this.#say({ state: adapter === 'simulated' ? 'simulated' : 'ready', detail });
  }

  /** Sets the logical level, now or as soon as the line is held. */
  set(level: boolean): void {
    if (this.#level === level) return;
    this.#level = level;
    try {
      this.#opened?.switch.set(level);
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Gives the line back at its safe level, for good. */
  close(): void {
    this.#cancelRetry();
    const opened = this.#opened;
    this.#opened = undefined;
    this.#level = this.#safeLevel;
    opened?.switch.close(this.#safeLevel);
    this.#say({ state: 'stopped', detail: `${this.#options.config.line} was given back` });
  }

  /** The line isn't there: logged once for each reason, and tried again. Anything but that is a mistake in goby. */
  #lose(error: unknown): void {
    if (!(error instanceof UnavailableError)) throw error;
    const { name, logger, timers } = this.#options;
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.switch.close(this.#safeLevel);
    if (error.message !== this.#lastFault) logger.warn(`output ${name}: ${error.message}`);
    this.#lastFault = error.message;
    const delayMs = backoffMs(this.#attempts++, retry, timers.random);
    this.#cancelRetry = timers.after(delayMs, () => this.open());
    this.#say({ state: 'unavailable', detail: error.message, waitUntilMs: timers.nowMs() + delayMs });
  }

  #say(status: OutputStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
