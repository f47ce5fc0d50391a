/** Chooses the adapter for an input and opens it, by the same rules as for outputs. */
import type { InputConfig } from '../../config/inputs-section.ts';
import { UnavailableError } from '../../errors.ts';
import { openGpiochipInput } from './gpiochip-input.ts';
import type { InputLine, InputLineOptions } from './input-line.ts';
import { chooseLine, type GpioMachine, thisMachine } from './open-switch.ts';
import { openSimulatedInput } from './simulated-input.ts';

export interface OpenedInput {
  readonly adapter: 'gpiochip' | 'simulated';
  /** A sentence: what was chosen and why. */
  readonly detail: string;
  readonly input: InputLine;
}

export interface OpenInputOptions extends InputLineOptions {
  readonly adapter: InputConfig['adapter'];
}

/** @throws UnavailableError that names the line, why it can't be used, and the mend */
export function openInput(options: OpenInputOptions, machine: GpioMachine = thisMachine): OpenedInput {
  const choice = chooseLine(options, machine);
  const { detail } = choice;
  switch (choice.adapter) {
    case 'gpiochip':
      return { adapter: 'gpiochip', detail, input: openGpiochipInput(machine.kernel, choice.found, options) };
    case 'simulated':
      return { adapter: 'simulated', detail, input: openSimulatedInput(options) };
    case 'onoff':
      throw new UnavailableError(`${options.line} can't be an input: this kernel has no GPIO character device.`, {
        remedy: 'Use a newer kernel, or adapter: simulated.',
      });
  }
}
