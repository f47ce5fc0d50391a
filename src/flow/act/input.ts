/** One input: takes its line, asks for edges many times a second, and takes the line again with back-off when it was lost. */
import type { InputConfig } from '../../config/inputs-section.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type BackoffOptions, backoffMs } from '../../system/service/retry.ts';
import type { OutputStatus } from './held-line.ts';
import type { InputLineOptions } from './input-line.ts';
import type { OpenedInput } from './open-input.ts';
import type { Timers } from './timers.ts';

/** Nobody feels a twentieth of a second, and asking costs microseconds. */
const askEveryMs = 50;
const retry: BackoffOptions = { firstMs: 1000, factor: 2, maxMs: 30_000 };

export interface InputOptions {
  readonly name: string;
  readonly config: InputConfig;
  /** Takes the line. Throws UnavailableError when it can't be had now; it is tried again. */
  readonly open: (options: InputLineOptions) => OpenedInput;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The level when the line was taken: a key switch may stand either way. */
  readonly onLevel: (active: boolean) => void;
  /** It was pressed (true) or let go (false). */
  readonly onEdge: (active: boolean) => void;
  readonly onStatus: (status: OutputStatus) => void;
}

export class Input {
  readonly #options: InputOptions;
  #opened: OpenedInput | undefined;
  #attempts = 0;
  #lastFault = '';
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /** Takes the line; a failure is told through onStatus and tried again. Call once. */
  start(): void {
    this.#open();
  }

  /** Gives the line back, for good. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancel();
    this.#opened?.input.close();
    this.#opened = undefined;
    this.#options.onStatus({ state: 'stopped', detail: `${this.#options.config.line} was given back` });
  }

  #open(): void {
    const { name, config, open, logger, onLevel, onStatus } = this.#options;
    const { line, activeLow, pull, debounceMs } = config;
    try {
      this.#opened = open({ line, activeLow, pull, debounceMs });
      const { adapter, detail, input } = this.#opened;
      logger.info(`input ${name}: ${detail}`);
      this.#attempts = 0;
      this.#lastFault = '';
      onStatus({ state: adapter === 'simulated' ? 'simulated' : 'ready', detail });
      onLevel(input.get());
    } catch (error) {
      this.#lose(error);
      return;
    }
    this.#askLater();
  }

  #askLater(): void {
    this.#cancel = this.#options.timers.after(askEveryMs, () => this.#ask());
  }

  #ask(): void {
    let edges: readonly boolean[];
    try {
      edges = this.#opened!.input.drain();
    } catch (error) {
      this.#lose(error);
      return;
    }
    for (const active of edges) this.#options.onEdge(active);
    if (!this.#stopped) this.#askLater();
  }

  /** The line isn't there: logged once for each reason, and tried again. Anything but that is a mistake in goby. */
  #lose(error: unknown): void {
    if (!(error instanceof UnavailableError)) throw error;
    const { name, logger, timers, onStatus } = this.#options;
    this.#opened?.input.close();
    this.#opened = undefined;
    if (error.message !== this.#lastFault) logger.warn(`input ${name}: ${error.message}`);
    this.#lastFault = error.message;
    const delayMs = backoffMs(this.#attempts++, retry, timers.random);
    this.#cancel = timers.after(delayMs, () => this.#open());
    onStatus({ state: 'unavailable', detail: error.message, waitUntilMs: timers.nowMs() + delayMs });
  }
}
