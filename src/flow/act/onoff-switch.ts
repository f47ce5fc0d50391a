/** A switch through onoff and sysfs, for kernels without the GPIO character device. */
import { createRequire } from 'node:module';
import { sentence, UnavailableError } from '../../errors.ts';
import { givenBack, lost } from './gpio-errors.ts';
import { errorCode } from './gpio-kernel.ts';
import type { Switch, SwitchOptions } from './switch.ts';

/** What goby needs of onoff's Gpio. */
export interface OnoffGpio {
  readSync(): 0 | 1;
  writeSync(value: 0 | 1): void;
  direction(): string;
  unexport(): void;
}

export type OnoffGpioClass = new (
  gpio: number,
  direction: 'high' | 'low',
  edge: 'none',
  options: { activeLow: boolean; reconfigureDirection: boolean },
) => OnoffGpio;

/** Loads the optional package. @throws UnavailableError when it isn't installed or doesn't fit this Node */
export function loadOnoff(): OnoffGpioClass {
  try {
    return (createRequire(import.meta.url)('onoff') as { Gpio: OnoffGpioClass }).Gpio;
  } catch (error) {
    throw new UnavailableError("The optional package onoff can't be loaded.", {
      remedy: 'Install it with a compiler at hand (npm install onoff), or use a kernel with /dev/gpiochipN.',
      cause: error,
    });
  }
}

/**
 * Takes a line by its sysfs number.
 * @throws UnavailableError when it is taken, forbidden or refused
 */
export function openOnoff(Gpio: OnoffGpioClass, number: number, options: SwitchOptions): Switch {
  const { line, activeLow, initial } = options;
  const physical = (on: boolean): boolean => on !== activeLow;
  let gpio: OnoffGpio;
  try {
    // sysfs takes `high` and `low` as physical levels, whatever active_low says: so active_low stays off.
    gpio = new Gpio(number, physical(initial) ? 'high' : 'low', 'none', {
      activeLow: false,
      reconfigureDirection: true,
    });
    // onoff ignores failures on a line that was exported before.
    if (gpio.direction() !== 'out') throw new Error('it stays an input');
    gpio.writeSync(physical(initial) ? 1 : 0);
  } catch (error) {
    throw notOpened(line, number, error);
  }
  return new OnoffSwitch(gpio, options);
}

function notOpened(line: string, number: number, cause: unknown): UnavailableError {
  switch (errorCode(cause)) {
    case 'EBUSY':
      return new UnavailableError(`The GPIO line ${line} (sysfs ${number}) is taken by another program (EBUSY).`, {
        remedy: 'End that program, or use another line.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UnavailableError(
        `${line} can't be used: this user may not export GPIO ${number} (${errorCode(cause)}).`,
        {
          remedy: 'Exporting through /sys/class/gpio needs root, or udev rules that give it to the group gpio.',
          cause,
        },
      );
    default:
      return new UnavailableError(`The GPIO line ${line} (sysfs ${number}) can't be used: ${sentence(cause)}.`, {
        cause,
      });
  }
}

class OnoffSwitch implements Switch {
  readonly line: string;
  readonly #activeLow: boolean;
  #gpio: OnoffGpio | undefined;

  constructor(gpio: OnoffGpio, { line, activeLow }: SwitchOptions) {
    this.#gpio = gpio;
    this.line = line;
    this.#activeLow = activeLow;
  }

  set(on: boolean): void {
    this.#use((gpio) => gpio.writeSync(on !== this.#activeLow ? 1 : 0));
  }

  get(): boolean {
    return this.#use((gpio) => (gpio.readSync() === 1) !== this.#activeLow);
  }

  close(safe: boolean): void {
    const gpio = this.#gpio;
    if (gpio === undefined) return;
    try {
      this.set(safe);
    } catch (error) {
      // A chip that has gone takes its line with it: nothing is left to make safe.
      if (!(error instanceof UnavailableError)) throw error;
    } finally {
      this.#gpio = undefined;
      gpio.unexport();
    }
  }

  #use<Result>(work: (gpio: OnoffGpio) => Result): Result {
    if (this.#gpio === undefined) throw givenBack(this.line);
    try {
      return work(this.#gpio);
    } catch (error) {
      throw errorCode(error) === undefined ? error : lost(this.line, error);
    }
  }
}
