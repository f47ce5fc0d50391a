/** An input without hardware: only a program, such as a test, changes its level. */
import { givenBack } from './gpio-errors.ts';
import type { InputLine, InputLineOptions } from './input-line.ts';

/** What stands in for the button. */
export class SimulatedWire {
  #active = false;
  #changes: boolean[] = [];

  get active(): boolean {
    return this.#active;
  }

  /** Presses it, or lets it go. */
  set(active: boolean): void {
    if (this.#active === active) return;
    this.#active = active;
    this.#changes.push(active);
  }

  /** What happened since the last call. */
  take(): readonly boolean[] {
    return this.#changes.splice(0);
  }
}

export function openSimulatedInput({ line }: InputLineOptions, wire = new SimulatedWire()): InputLine {
  let closed = false;
  const use = <Result>(work: () => Result): Result => {
    if (closed) throw givenBack(line);
    return work();
  };
  // Changes from before the line was opened are not reported.
  wire.take();
  return {
    line,
    get: () => use(() => wire.active),
    drain: () => use(() => wire.take()),
    close: () => {
      closed = true;
    },
  };
}
