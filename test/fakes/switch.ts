/** A switch whose wire the test can look at and cut; passes the contract of the real adapters. */

import { GobyError, UnavailableError } from '../../src/errors.ts';
import type { Switch, SwitchOptions } from '../../src/flow/act/switch.ts';

/** One line: its level outlives the switch, as on a Raspberry Pi. */
export class FakeWire {
  /** Every physical level it was set to. */
  readonly history: boolean[] = [];
  #cut = false;
  #holders = 0;

  get level(): boolean | undefined {
    return this.history.at(-1);
  }

  get isFree(): boolean {
    return this.#holders === 0;
  }

  /** From now on nobody can use it; join() ends that. */
  cut(): void {
    this.#cut = true;
  }

  join(): void {
    this.#cut = false;
  }

  open({ line, activeLow, initial }: SwitchOptions): Switch {
    const lost = (): UnavailableError => new UnavailableError(`The line ${line} is cut.`, { remedy: 'Join it.' });
    if (this.#cut) throw lost();
    if (this.#holders > 0) throw new UnavailableError(`The line ${line} is taken by someone else.`);
    this.#holders++;
    let held = true;
    const check = (): void => {
      if (!held) throw new GobyError(`${line} was given back.`);
      if (this.#cut) throw lost();
    };
    this.history.push(initial !== activeLow);
    return {
      line,
      set: (on) => {
        check();
        this.history.push(on !== activeLow);
      },
      get: () => {
        check();
        return this.level !== activeLow;
      },
      close: (safe) => {
        if (!held) return;
        if (!this.#cut) this.history.push(safe !== activeLow);
        held = false;
        this.#holders--;
      },
    };
  }
}
