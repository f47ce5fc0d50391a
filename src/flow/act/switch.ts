/** The port to one hardware output. Adapters: gpiochip, onoff, simulated. Levels are logical: active-low is the adapter's work. */

export interface SwitchOptions {
  /** As configured: a line name such as GPIO17, or chip and offset as `gpiochip0:17`. */
  readonly line: string;
  readonly activeLow: boolean;
  /** Level to request the line with, so that it never glitches. */
  readonly initial: boolean;
}

export interface Switch {
  readonly line: string;
  /** Sets the logical level. Throws UnavailableError, naming the line and the mend, when the line is lost. */
  set(on: boolean): void;
  /** Reads the logical level back from the hardware. */
  get(): boolean;
  /** Gives the line back to the kernel after setting `safe`. May be called more than once. */
  close(safe: boolean): void;
}
