/** A switch without hardware: keeps its level and tells every change. */
import { givenBack } from './gpio-errors.ts';
import type { Switch, SwitchOptions } from './switch.ts';

/** @param onChange called with the first level, and with each other level after it */
export function openSimulated({ line, initial }: SwitchOptions, onChange: (on: boolean) => void): Switch {
  let level: boolean | undefined;
  const set = (on: boolean): void => {
    if (level === on) return;
    level = on;
    onChange(on);
  };
  let closed = false;
  set(initial);
  return {
    line,
    set: (on) => {
      if (closed) throw givenBack(line);
      set(on);
    },
    get: () => level === true,
    close: (safe) => {
      if (!closed) set(safe);
      closed = true;
    },
  };
}
