/** Chooses the adapter for a line and opens it; on a Raspberry Pi, hardware that can't be used is never replaced by a simulation. */
import { readFileSync } from 'node:fs';
import type { OutputConfig } from '../../config/schema.ts';
import { sentence, UnavailableError } from '../../errors.ts';
import type { GpioKernel } from './gpio-kernel.ts';
import { type FoundLine, findLine } from './gpio-lines.ts';
import { openGpiochip, peekGpiochip } from './gpiochip-switch.ts';
import { createKoffiKernel } from './koffi-kernel.ts';
import { loadOnoff, type OnoffGpioClass, openOnoff } from './onoff-switch.ts';
import { openSimulated } from './simulated-switch.ts';
import type { Switch, SwitchOptions } from './switch.ts';
import { sysfsChips, sysfsGpioRoot, sysfsLevel, sysfsNumber } from './sysfs-gpio.ts';

export type AdapterName = 'gpiochip' | 'onoff' | 'simulated';

/** What the adapters touch of the machine. */
export interface GpioMachine {
  readonly kernel: GpioKernel;
  readonly sysfsRoot: string;
  /** @throws UnavailableError when the package isn't there */
  readonly loadOnoff: () => OnoffGpioClass;
  /** The board's name as in the device tree, such as `Raspberry Pi 4 Model B Rev 1.4`; undefined where there is none. */
  readonly boardModel: () => string | undefined;
}

export const thisMachine: GpioMachine = {
  kernel: createKoffiKernel(),
  sysfsRoot: sysfsGpioRoot,
  loadOnoff,
  boardModel: () => {
    try {
      return readFileSync('/proc/device-tree/model', 'utf8').replaceAll('\0', '').trim();
    } catch {
      return undefined;
    }
  },
};

export interface OpenedSwitch {
  readonly adapter: AdapterName;
  /** A sentence: what was chosen and why. */
  readonly detail: string;
  readonly switch: Switch;
}

/** A line that was found, not yet taken. */
export type Choice =
  | { readonly adapter: 'gpiochip'; readonly detail: string; readonly found: FoundLine }
  | { readonly adapter: 'onoff'; readonly detail: string; readonly number: number }
  | { readonly adapter: 'simulated'; readonly detail: string };

export interface OpenSwitchOptions extends SwitchOptions {
  readonly adapter: OutputConfig['adapter'];
  /** Called on every change of a simulated line. */
  readonly onSimulated?: (on: boolean) => void;
}

/** @throws UnavailableError that names the line, why it can't be used, and the mend */
export function openSwitch(options: OpenSwitchOptions, machine: GpioMachine = thisMachine): OpenedSwitch {
  const choice = chooseLine(options, machine);
  const { adapter, detail } = choice;
  switch (choice.adapter) {
    case 'gpiochip':
      return { adapter, detail, switch: openGpiochip(machine.kernel, choice.found, options) };
    case 'onoff':
      return { adapter, detail, switch: openOnoff(machine.loadOnoff(), choice.number, options) };
    case 'simulated':
      return { adapter, detail, switch: openSimulated(options, options.onSimulated ?? (() => undefined)) };
  }
}

export interface LineReport {
  readonly adapter: AdapterName;
  readonly detail: string;
  /** Logical level, where it can be read without taking the line away from anybody. */
  readonly level: boolean | undefined;
  /** Who holds the line, as the kernel names it. */
  readonly holder: string | undefined;
}

/**
 * Looks at a line without switching it: for doctor and `goby outputs`.
 * @throws UnavailableError when it can't be used at all
 */
export function inspectLine(
  options: Pick<OpenSwitchOptions, 'adapter' | 'line' | 'activeLow'>,
  machine: GpioMachine = thisMachine,
): LineReport {
  const choice = chooseLine(options, machine);
  const { adapter, detail } = choice;
  switch (choice.adapter) {
    case 'gpiochip': {
      const { info } = choice.found;
      const holder = info.used ? info.consumer || 'the kernel' : undefined;
      return { adapter, detail, level: peekGpiochip(machine.kernel, choice.found, options.activeLow), holder };
    }
    case 'onoff': {
      const level = sysfsLevel(choice.number, machine.sysfsRoot, options.activeLow);
      return { adapter, detail, level, holder: level === undefined ? undefined : 'sysfs' };
    }
    case 'simulated':
      return { adapter, detail, level: undefined, holder: undefined };
  }
}

/** Finds a line, without taking it. @throws UnavailableError when it can't be used */
export function chooseLine(
  { adapter, line }: Pick<OpenSwitchOptions, 'adapter' | 'line'>,
  machine: GpioMachine,
): Choice {
  switch (adapter) {
    case 'gpiochip':
      return onChip(line, machine);
    case 'onoff':
      return onSysfs(line, machine);
    case 'simulated':
      return { adapter, detail: `${line} is simulated, as configured` };
    case 'auto':
      return chooseAlone(line, machine);
  }
}

function onChip(line: string, { kernel }: GpioMachine): Choice {
  const found = findLine(kernel, line);
  const { chip, info } = found;
  return { adapter: 'gpiochip', detail: `${line} is line ${info.offset} of ${chip.name} (${chip.label})`, found };
}

function onSysfs(line: string, { sysfsRoot }: GpioMachine): Choice {
  const number = sysfsNumber(line, sysfsRoot);
  return { adapter: 'onoff', detail: `${line} is ${number} in ${sysfsRoot}, through onoff`, number };
}

/** Character device, else sysfs, else a simulation: but not on a Raspberry Pi, and not for a chip that was asked for and is there. */
function chooseAlone(line: string, machine: GpioMachine): Choice {
  const hasChips = machine.kernel.chips().length > 0;
  const hasSysfs = sysfsChips(machine.sysfsRoot).length > 0;
  const model = machine.boardModel();
  try {
    return !hasChips && hasSysfs ? onSysfs(line, machine) : onChip(line, machine);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const askedForChip = hasChips && line.includes(':');
    if (isRaspberryPi(model) || askedForChip) throw error;
    const why = hasChips || hasSysfs ? sentence(error) : 'This machine has no GPIO.';
    return { adapter: 'simulated', detail: `${line} is simulated: ${why}` };
  }
}

function isRaspberryPi(model: string | undefined): boolean {
  return model?.startsWith('Raspberry Pi') === true;
}
