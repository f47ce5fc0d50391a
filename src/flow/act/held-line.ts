/** An output's line at the level that is wanted: whenever it is held it has that level, and its safe one when it is given back. */
import type { OutputConfig } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import type { OpenedSwitch } from './open-switch.ts';
import { type LineStatus, RetriedLine } from './retried-line.ts';
import type { SwitchOptions } from './switch.ts';
import type { Timers } from './timers.ts';

export interface HeldLineOptions {
  /** Of the output, for the log. */
  readonly name: string;
  readonly config: Pick<OutputConfig, 'line' | 'activeLow' | 'safe'>;
  /** Takes the line. Throws UnavailableError when it can't be had now; it is tried again. */
  readonly open: (options: SwitchOptions) => OpenedSwitch;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onStatus: (status: LineStatus) => void;
}

export class HeldLine {
  readonly #line: RetriedLine<OpenedSwitch>;
  readonly #lineName: string;
  readonly #safeLevel: boolean;
  #level: boolean;

  constructor({ name, config, open, ...options }: HeldLineOptions) {
    const { line, activeLow, safe } = config;
    this.#lineName = line;
    this.#safeLevel = safe === 'on';
    this.#level = this.#safeLevel;
    this.#line = new RetriedLine({
      ...options,
      title: `output ${name}`,
      open: () => open({ line, activeLow, initial: this.#level }),
      close: (opened) => opened.switch.close(this.#safeLevel),
    });
  }

  /** Adapter that drives the line; undefined while none does. */
  get adapter(): OpenedSwitch['adapter'] | undefined {
    return this.#line.opened?.adapter;
  }

  /** Logical level wanted. */
  get level(): boolean {
    return this.#level;
  }

  get status(): LineStatus {
    return this.#line.status;
  }

  /** Takes the line at the wanted level; a failure is told through onStatus and tried again. */
  open(): void {
    this.#line.open();
  }

  /** Sets the logical level, now or as soon as the line is held. */
  set(level: boolean): void {
    if (this.#level === level) return;
    this.#level = level;
    this.#line.use(() => this.#line.opened?.switch.set(level));
  }

  /** Gives the line back at its safe level, for good. */
  close(): void {
    this.#level = this.#safeLevel;
    this.#line.stop(`${this.#lineName} was given back`);
  }
}
