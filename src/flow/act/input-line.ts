/** The port to one hardware input, such as a button. Adapters: gpiochip, simulated. Levels are logical: active-low is the adapter's work. */

export interface InputLineOptions {
  /** As configured: a line name such as GPIO27, or chip and offset as `gpiochip0:27`. */
  readonly line: string;
  readonly activeLow: boolean;
  readonly pull: 'up' | 'down' | 'none';
  /** A level that lasts shorter is not told. */
  readonly debounceMs: number;
}

export interface InputLine {
  readonly line: string;
  /** Is it active (pressed) now? Throws UnavailableError, naming the line and the mend, when the line is lost. */
  get(): boolean;
  /** Every change since the last call, oldest first: did it become active? Never waits. Throws as get() does. */
  drain(): readonly boolean[];
  /** Gives the line back. May be called more than once. */
  close(): void;
}
