/** Runs inside the guest: both GPIO adapters against a real kernel, whose chip is gpio-sim. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findLine } from '../../../src/act/gpio-lines.ts';
import { openGpiochip } from '../../../src/act/gpiochip-switch.ts';
import { createKoffiKernel } from '../../../src/act/koffi-kernel.ts';
import { loadOnoff, openOnoff } from '../../../src/act/onoff-switch.ts';
import type { Switch, SwitchOptions } from '../../../src/act/switch.ts';
import { sysfsGpioRoot, sysfsNumber } from '../../../src/act/sysfs-gpio.ts';
import { type Bench, switchContract } from '../../act/switch-contract.ts';

const value = (): boolean => readFileSync(readFileSync('/run/gpio17', 'utf8').trim(), 'utf8').trim() === '1';
const kernel = createKoffiKernel();
let holder: ReturnType<typeof spawn> | undefined;

/** The line's level is read from the simulator's side after every use of the adapter. */
function bench(openLine: (options: SwitchOptions) => Switch): Bench {
  holder?.kill('SIGKILL');
  while (findLine(kernel, 'GPIO17').info.used) execFileSync('sleep', ['0.1']);
  const history: boolean[] = [];
  const seen = <Result>(use: () => Result): Result => {
    try {
      return use();
    } finally {
      history.push(value());
    }
  };
  return {
    open(options) {
      const held = openLine(options);
      history.push(value());
      return {
        line: held.line,
        set: (on) => seen(() => held.set(on)),
        get: () => held.get(),
        close: (safe) => held.close(safe),
      };
    },
    history: () => history,
    isFree: () => !findLine(kernel, 'GPIO17').info.used,
    take() {
      const chip = findLine(kernel, 'GPIO17').chip.name;
      holder = spawn('gpioset', ['--consumer', 'lirc', '-c', chip, '17=0'], { stdio: 'ignore' });
      while (!findLine(kernel, 'GPIO17').info.used) execFileSync('sleep', ['0.1']);
    },
  };
}

switchContract('gpiochip on a kernel', () =>
  bench((options) => openGpiochip(kernel, findLine(kernel, options.line), options)),
);
switchContract('onoff on a kernel', () =>
  bench((options) => openOnoff(loadOnoff(), sysfsNumber(options.line, sysfsGpioRoot), options)),
);
process.on('exit', () => holder?.kill('SIGKILL'));
