/** What every adapter of the InputLine port must do; each adapter's test runs it. */
import test from 'ava';
import { GobyError, UnavailableError } from '../../../src/errors.ts';
import type { InputLine, InputLineOptions } from '../../../src/flow/act/input-line.ts';

/** One adapter on a bench of its own: GPIO27 is the line. */
export interface InputBench {
  open(options: InputLineOptions): InputLine;
  /** Presses the button, or lets it go; `active` is logical. */
  press(active: boolean, options: InputLineOptions): void;
  /** False while somebody holds the line. */
  isFree(): boolean;
  /** Makes the hardware vanish; absent where there is none. */
  lose?(): void;
  /** Gives the line to another program; absent where nobody else can have it. */
  take?(): void;
}

const line = 'GPIO27';
const button: InputLineOptions = { line, activeLow: true, pull: 'up', debounceMs: 30 };

export function inputContract(adapter: string, bench: () => InputBench): void {
  const probe = bench();
  if (probe.lose) {
    test(`${adapter}: an input that is lost gives a sentence, and closing it is still fine`, (t) => {
      const at = bench();
      const held = at.open(button);
      at.lose!();
      for (const use of [() => void held.get(), () => void held.drain()]) {
        t.true(t.throws(use, { instanceOf: UnavailableError })?.message.includes(line));
      }
      held.close();
    });
  }
  if (probe.take) {
    test(`${adapter}: a taken line gives a sentence`, (t) => {
      const at = bench();
      at.take!();
      t.regex(t.throws(() => at.open(button), { instanceOf: UnavailableError })?.message ?? '', /GPIO27.*taken/);
    });
  }

  for (const activeLow of [false, true]) {
    const options: InputLineOptions = { ...button, activeLow, pull: activeLow ? 'up' : 'down' };
    const kind = activeLow ? 'active low' : 'active high';

    test(`${adapter}: tells each press and each letting go once, in order, ${kind}`, (t) => {
      const at = bench();
      at.press(false, options);
      const held = at.open(options);
      t.is(held.line, line);
      t.false(at.isFree());
      t.deepEqual(held.drain(), []);
      t.false(held.get());
      at.press(true, options);
      t.true(held.get());
      t.deepEqual(held.drain(), [true]);
      t.deepEqual(held.drain(), []);
      for (const active of [false, true, false]) at.press(active, options);
      t.deepEqual(held.drain(), [false, true, false]);
      t.false(held.get());
      held.close();
      t.true(at.isFree());
    });

    test(`${adapter}: one that is held down when it is opened is active, and that is no press, ${kind}`, (t) => {
      const at = bench();
      at.press(true, options);
      const held = at.open(options);
      t.true(held.get());
      t.deepEqual(held.drain(), []);
      held.close();
    });
  }

  test(`${adapter}: after close it refuses to be asked, and a second close changes nothing`, (t) => {
    const at = bench();
    const held = at.open(button);
    held.close();
    held.close();
    t.throws(() => held.drain(), { instanceOf: GobyError });
    t.throws(() => held.get(), { instanceOf: GobyError });
  });
}
