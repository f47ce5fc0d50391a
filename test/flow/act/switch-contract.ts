/** What every adapter of the Switch port must do; each adapter's test, and that of the fake, runs it. */
import test from 'ava';
import { GobyError, UnavailableError } from '../../../src/errors.ts';
import type { Switch, SwitchOptions } from '../../../src/flow/act/switch.ts';

/** One adapter on a bench of its own: GPIO17 is the line. */
export interface Bench {
  open(options: SwitchOptions): Switch;
  /** Every physical level of the line, oldest first. */
  history(): readonly boolean[];
  /** False while somebody holds the line. */
  isFree(): boolean;
  /** Makes the hardware vanish; absent where there is none. */
  lose?(): void;
  /** Gives the line to another program; absent where nobody else can have it. */
  take?(): void;
}

const line = 'GPIO17';

export function switchContract(adapter: string, bench: () => Bench): void {
  const probe = bench();
  if (probe.lose) {
    test(`${adapter}: a line that is lost gives a sentence, and closing it is still fine`, (t) => {
      const at = bench();
      const held = at.open({ line, activeLow: false, initial: false });
      at.lose!();
      for (const use of [() => held.set(true), () => void held.get()]) {
        t.true(t.throws(use, { instanceOf: UnavailableError })?.message.includes(line));
      }
      held.close(false);
      t.deepEqual(at.history().at(-1), false);
    });
  }
  if (probe.take) {
    test(`${adapter}: a taken line gives a sentence`, (t) => {
      const at = bench();
      at.take!();
      const error = t.throws(() => at.open({ line, activeLow: false, initial: true }), {
        instanceOf: UnavailableError,
      });
      t.regex(error?.message ?? '', /GPIO17.*taken/);
      t.deepEqual(at.history(), []);
    });
  }

  test(`${adapter}: after close it refuses to be switched, and a second close changes nothing`, (t) => {
    const at = bench();
    const held = at.open({ line, activeLow: false, initial: false });
    held.close(false);
    const before = at.history().length;
    t.throws(() => held.set(true), { instanceOf: GobyError });
    held.close(true);
    t.is(at.history().length, before);
  });

  for (const activeLow of [false, true]) {
    for (const initial of [false, true]) {
      test(`${adapter}: opens without a glitch, active ${activeLow ? 'low' : 'high'}, at first ${initial}`, (t) => {
        const at = bench();
        const held = at.open({ line, activeLow, initial });
        t.is(held.line, line);
        t.true(at.history().length > 0);
        t.true(at.history().every((level) => level === (initial !== activeLow)));
        t.is(held.get(), initial);
        held.close(initial);
      });

      test(`${adapter}: follows set() and is left safe, active ${activeLow ? 'low' : 'high'}, safe ${initial}`, (t) => {
        const at = bench();
        const held = at.open({ line, activeLow, initial });
        t.false(at.isFree());
        for (const on of [true, false, false, true, !initial]) {
          held.set(on);
          t.is(held.get(), on);
          t.is(at.history().at(-1), on !== activeLow);
        }
        held.close(initial);
        t.is(at.history().at(-1), initial !== activeLow);
        t.true(at.isFree());
      });
    }
  }
}
