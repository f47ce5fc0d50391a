/** Numbers of lines in the old /sys/class/gpio interface: the chip's base, which moved by 512 on current kernels, and the offset. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '../../errors.ts';
import { headerChip } from './gpio-lines.ts';

export const sysfsGpioRoot = '/sys/class/gpio';

export interface SysfsChip {
  readonly folder: string;
  /** Number of its first line. */
  readonly base: number;
  readonly label: string;
  readonly lines: number;
}

/** All chips; empty when the kernel has no such interface. */
export function sysfsChips(root: string): SysfsChip[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => /^gpiochip\d+$/.test(name))
    .flatMap((name) => {
      const folder = join(root, name);
      const base = Number(attribute(folder, 'base'));
      return Number.isInteger(base)
        ? [{ folder, base, label: attribute(folder, 'label'), lines: Number(attribute(folder, 'ngpio')) }]
        : [];
    })
    .sort((a, b) => a.base - b.base);
}

function attribute(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * @param line GPIO17 on a Raspberry Pi's header, or gpiochip0:17 where the kernel links the two interfaces
 * @throws UnavailableError when no chip has such a line
 */
export function sysfsNumber(line: string, root: string): number {
  const chips = sysfsChips(root);
  const [, chipName, offset] = /^(gpiochip\d+):(\d+)$/.exec(line) ?? [];
  const wanted = Number(offset ?? /^GPIO(\d+)$/.exec(line)?.[1]);
  if (Number.isNaN(wanted)) {
    throw new UnavailableError(`${line} can't be found through ${root}, which knows no line names.`, {
      remedy: 'Name a line of the pin header, such as GPIO17.',
    });
  }
  const chip = chips.find(({ label, folder }) =>
    chipName === undefined ? headerChip.test(label) : existsSync(join(folder, 'device', chipName)),
  );
  if (chip === undefined || wanted >= chip.lines) {
    const known = chips.map(({ label, base, lines }) => `${label} (${base} to ${base + lines - 1})`).join(', ');
    throw new UnavailableError(`${line} can't be found through ${root}.`, {
      remedy: `Chips here: ${known || 'none'}.`,
    });
  }
  return chip.base + wanted;
}

/** Level of a line that some program exported; undefined when none did. */
export function sysfsLevel(number: number, root: string, activeLow: boolean): boolean | undefined {
  const folder = join(root, `gpio${number}`);
  const value = attribute(folder, 'value');
  if (value === '') return undefined;
  // active_low is the exporter's setting: undo it to get at the line itself.
  return ((value === '1') !== (attribute(folder, 'active_low') === '1')) !== activeLow;
}
