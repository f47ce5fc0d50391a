/** Runs inside the guest: both GPIO adapters against a real kernel, whose chip is gpio-sim. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gpioRequest } from '../../src/flow/act/gpio-abi.ts';
import type { GpioKernel } from '../../src/flow/act/gpio-kernel.ts';
import { findLine } from '../../src/flow/act/gpio-lines.ts';
import { openGpiochip } from '../../src/flow/act/gpiochip-switch.ts';
import { createKoffiKernel } from '../../src/flow/act/koffi-kernel.ts';
import { loadOnoff, type OnoffGpioClass, openOnoff } from '../../src/flow/act/onoff-switch.ts';
import type { Switch, SwitchOptions } from '../../src/flow/act/switch.ts';
import { sysfsGpioRoot, sysfsNumber } from '../../src/flow/act/sysfs-gpio.ts';
import { type Bench, switchContract } from '../flow/act/switch-contract.ts';

const value = (): boolean => readFileSync(readFileSync('/run/gpio17', 'utf8').trim(), 'utf8').trim() === '1';
const kernel = createKoffiKernel();
const Gpio = loadOnoff();
let holder: ReturnType<typeof spawn> | undefined;

/** Every level that the simulator's side saw after a use of the line; a released line falls to its pull, which is the kernel's affair. */
function bench(openLine: (options: SwitchOptions, note: () => void) => Switch): Bench {
  holder?.kill('SIGKILL');
  while (isTaken()) execFileSync('sleep', ['0.1']);
  const history: boolean[] = [];
  return {
    open: (options) => openLine(options, () => history.push(value())),
    history: () => history,
    isFree: () => !isTaken(),
    take() {
      const chip = findLine(kernel, 'GPIO17').chip.name;
      holder = spawn('gpioset', ['--consumer', 'lirc', '-c', chip, '17=0'], { stdio: 'ignore' });
      while (!isTaken()) execFileSync('sleep', ['0.1']);
    },
  };
}

function isTaken(): boolean {
  return findLine(kernel, 'GPIO17').info.used;
}

switchContract('gpiochip on a kernel', () =>
  bench((options, note) => {
    const watched: GpioKernel = {
      ...kernel,
      ioctl(fd, request, buffer) {
        kernel.ioctl(fd, request, buffer);
        if (request === gpioRequest.getLine || request === gpioRequest.setValues) note();
      },
    };
    return openGpiochip(watched, findLine(kernel, options.line), options);
  }),
);
switchContract('onoff on a kernel', () =>
  bench((options, note) => {
    class Watched extends Gpio {
      constructor(...args: ConstructorParameters<OnoffGpioClass>) {
        super(...args);
        note();
      }
      override writeSync(level: 0 | 1): void {
        super.writeSync(level);
        note();
      }
    }
    return openOnoff(Watched, sysfsNumber(options.line, sysfsGpioRoot), options);
  }),
);
process.on('exit', () => holder?.kill('SIGKILL'));
