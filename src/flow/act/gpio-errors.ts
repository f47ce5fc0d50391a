/** What to tell people when a GPIO line can't be used: one sentence for each refusal of the kernel, and how to mend it. */
import { GobyError, sentence, UnavailableError } from '../../errors.ts';
import { nearNames } from '../../text/near-names.ts';
import { errorCode } from './gpio-kernel.ts';

export function noChips(line: string): UnavailableError {
  return new UnavailableError(`${line} can't be used: there is no GPIO character device (/dev/gpiochipN) here.`, {
    remedy:
      'On a Raspberry Pi check that the service has PrivateDevices=no and that a container is given --device /dev/gpiochip0; on a machine without GPIO set adapter: simulated.',
  });
}

export function forbidden(line: string, path: string, cause: unknown): UnavailableError {
  const code = errorCode(cause);
  if (code === 'EPERM') {
    return new UnavailableError(`${line} can't be used: systemd or a container forbids ${path} (EPERM).`, {
      remedy: 'Add DeviceAllow=char-gpiochip rw to the unit, or --device to the container.',
      cause,
    });
  }
  if (code === 'EACCES') {
    return new UnavailableError(`${line} can't be used: this user may not open ${path} (EACCES).`, {
      remedy:
        'Add it to the group gpio (sudo usermod -aG gpio $USER) and log in again; scripts/install adds the udev rule that gives the device to that group.',
      cause,
    });
  }
  return new UnavailableError(`${line} can't be used: ${path} can't be opened: ${sentence(cause)}.`, { cause });
}

export function missingLine(line: string, names: readonly string[]): UnavailableError {
  const close = nearNames(line, names, { count: 5, farthest: 2 });
  const known = close.length > 0 ? close : [...new Set(names)].slice(0, 5);
  const hint =
    known.length === 0
      ? 'No line has a name here: write it as gpiochip0:17, chip and offset.'
      : `${close.length > 0 ? 'Close names' : 'Lines here'}: ${known.join(', ')}${close.length === 0 && names.length > 5 ? ', ...' : ''}.`;
  return new UnavailableError(`There is no GPIO line named ${line} on this machine.`, { remedy: hint });
}

export function missingChip(line: string, chips: readonly string[]): UnavailableError {
  return new UnavailableError(`There is no GPIO chip for ${line} on this machine.`, {
    remedy: `Chips here: ${chips.join(', ')}.`,
  });
}

export function missingOffset(line: string, chip: { name: string; label: string; lines: number }): UnavailableError {
  return new UnavailableError(
    `There is no line ${line}: ${chip.name} (${chip.label}) has the lines 0 to ${chip.lines - 1}.`,
  );
}

/** @param consumer who holds the line, as the kernel names it; empty when it doesn't */
export function taken(line: string, consumer: string, cause: unknown): UnavailableError {
  const holder = consumer === '' ? 'another program or a driver of the kernel' : consumer;
  const remedy =
    consumer === 'goby'
      ? 'Another goby is running: stop it first (sudo systemctl stop goby).'
      : consumer === 'sysfs'
        ? 'A program exported it through /sys/class/gpio: write its number to /sys/class/gpio/unexport, or restart the machine.'
        : `End ${consumer === '' ? 'what uses it' : 'that program'}, or use another line.`;
  return new UnavailableError(`The GPIO line ${line} is taken by ${holder} (EBUSY).`, { remedy, cause });
}

export function refused(line: string, direction: 'an output' | 'an input', cause: unknown): UnavailableError {
  return new UnavailableError(`The GPIO line ${line} can't be made ${direction}: ${sentence(cause)}.`, {
    remedy: 'Use a line that is not reserved for another function.',
    cause,
  });
}

/** A line that was held doesn't answer any more. */
export function lost(line: string, cause: unknown): UnavailableError {
  const gone = errorCode(cause) === 'ENODEV';
  return new UnavailableError(
    gone ? `The GPIO chip of ${line} has gone (ENODEV).` : `The GPIO line ${line} can't be used: ${sentence(cause)}.`,
    { remedy: gone ? 'Was its driver unloaded, or an adapter unplugged? goby tries it again.' : '', cause },
  );
}

/** A switch was used after close(): only a mistake in goby does that. */
export function givenBack(line: string): GobyError {
  return new GobyError(`The GPIO line ${line} was given back and can't be switched any more.`);
}
