/** One input: takes its line, asks for edges many times a second, and takes the line again with back-off when it was lost. */
import type { InputConfig } from '../../config/inputs-section.ts';
import type { Logger } from '../../logger.ts';
import type { InputLineOptions } from './input-line.ts';
import type { OpenedInput } from './open-input.ts';
import { type LineStatus, RetriedLine } from './retried-line.ts';
import type { Timers } from './timers.ts';

/** Nobody feels a twentieth of a second, and asking costs microseconds. */
const askEveryMs = 50;

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
  readonly onStatus: (status: LineStatus) => void;
}

export class Input {
  readonly #options: InputOptions;
  readonly #line: RetriedLine<OpenedInput>;
  #cancelAsking: () => void = () => undefined;
  #stopped = false;

  constructor(options: InputOptions) {
    this.#options = options;
    const { name, config, open, onLevel } = options;
    const { line, activeLow, pull, debounceMs } = config;
    this.#line = new RetriedLine({
      ...options,
      title: `input ${name}`,
      open: () => open({ line, activeLow, pull, debounceMs }),
      close: ({ input }) => input.close(),
      onOpened: ({ input }) => {
        onLevel(input.get());
        this.#askLater();
      },
    });
  }

  /** Takes the line; a failure is told through onStatus and tried again. Call once. */
  start(): void {
    this.#line.open();
  }

  /** Gives the line back, for good. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelAsking();
    this.#line.stop(`${this.#options.config.line} was given back`);
  }

  #askLater(): void {
    this.#cancelAsking = this.#options.timers.after(askEveryMs, () => this.#ask());
  }

  #ask(): void {
    let edges: readonly boolean[] = [];
    const isHeld = this.#line.use(() => {
      edges = this.#line.opened!.input.drain();
    });
    if (!isHeld) return;
    for (const active of edges) this.#options.onEdge(active);
    if (!this.#stopped) this.#askLater();
  }
}
