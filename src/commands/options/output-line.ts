/** What the commands of outputs share: their options, and what they say of one output. */
import type { ConfigOptions } from '../../config/config-options.ts';

export interface OutputsCommandOptions extends ConfigOptions {
  readonly safe?: boolean;
  readonly json?: boolean;
}

/** One output as it is told. */
export interface OutputLine {
  readonly name: string;
  readonly line: string;
  readonly adapter: string;
  /** Absent where it can't be known. */
  readonly on?: boolean;
  readonly detail: string;
  /** With --safe: whether the line was left at its safe level. */
  readonly isSafe?: boolean;
}
