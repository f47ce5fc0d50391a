/** All controls together: one place to read, set and watch them. Works without a broker. */
import { InputError } from '../../errors.ts';
import type { ControlReading, ControlValue, NewControl } from './control.ts';

export interface Controls {
  /** Adds one; listeners hear its first value. @throws InputError when the name is taken */
  add(control: NewControl): void;
  /** Every control, in the order they were added. */
  list(): readonly ControlReading[];
  get(name: string): ControlReading | undefined;
  /**
   * Sets one, as a person does.
   * @param reason who sets it, such as `MQTT` or `the button door`
   * @throws InputError for an unknown name, or a value it can't take
   */
  set(name: string, value: ControlValue, reason: string): void;
  /** Tells a value that took effect in another way, such as by a change of the configuration: nothing is applied. */
  report(name: string, value: ControlValue, reason: string): void;
  /** Called with each new reading. */
  onChange(listener: (reading: ControlReading) => void): void;
}

export function createControls(): Controls {
  const controls = new Map<string, { readonly control: NewControl; reading: ControlReading }>();
  const listeners: ((reading: ControlReading) => void)[] = [];
  const announce = (reading: ControlReading): void => {
    for (const listener of listeners) listener(reading);
  };
  const named = (name: string) => {
    const found = controls.get(name);
    if (found) return found;
    const names = [...controls.keys()].join(', ') || 'none';
    throw new InputError(`There is no control ${name}.`, { remedy: `Controls here: ${names}.` });
  };
  const change = (name: string, value: ControlValue, reason: string): void => {
    const found = named(name);
    if (found.reading.value === value) return;
    found.reading = { ...found.reading, value, reason };
    announce(found.reading);
  };
  return {
    add: (control) => {
      const { apply: _apply, isTold: _isTold, ...facts } = control;
      if (controls.has(control.name)) throw new InputError(`There are two controls named ${control.name}.`);
      const reading = { ...facts, reason: 'at the start' };
      controls.set(control.name, { control, reading });
      announce(reading);
    },
    list: () => [...controls.values()].map(({ reading }) => reading),
    get: (name) => controls.get(name)?.reading,
    set: (name, value, reason) => {
      const { control, reading } = named(name);
      checkValue(reading, value);
      if (reading.value !== value) control.apply?.(value);
      if (control.isTold !== true) change(name, value, reason);
    },
    report: change,
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

function checkValue(reading: ControlReading, value: ControlValue): void {
  const { name } = reading;
  if (reading.kind === 'arming') {
    if (typeof value === 'boolean') return;
    throw new InputError(`The control ${name} is ON or OFF, got ${value}.`);
  }
  const { min, max } = reading;
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw new InputError(`The control ${name} is a number from ${min} to ${max}, got ${value}.`);
}
