/** Runs inside the guest: the input adapter against a real kernel, whose chip is gpio-sim, by the contract of all inputs. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findLine } from '../../src/flow/act/gpio-lines.ts';
import { openGpiochipInput } from '../../src/flow/act/gpiochip-input.ts';
import { createKoffiKernel } from '../../src/flow/act/koffi-kernel.ts';
import { inputContract } from '../flow/act/input-contract.ts';

/** The simulator's folder of GPIO17 is written down by who made it; that of GPIO27 lies beside it. */
const simulated = join(dirname(dirname(readFileSync('/run/gpio17', 'utf8').trim())), 'sim_gpio27');
const kernel = createKoffiKernel();
let holder: ReturnType<typeof spawn> | undefined;

/** Longer than the debounce time, which the kernel counts itself for a chip that can't. */
const settle = (): void => void execFileSync('sleep', ['0.3']);

inputContract('gpiochip on a kernel', () => {
  holder?.kill('SIGKILL');
  while (findLine(kernel, 'GPIO27').info.used) execFileSync('sleep', ['0.1']);
  return {
    // The simulator's level is its resistor: asking for one would press the button.
    open: (options) => openGpiochipInput(kernel, findLine(kernel, options.line), { ...options, pull: 'none' }),
    press: (active, { activeLow }) => {
      writeFileSync(join(simulated, 'pull'), active === activeLow ? 'pull-down' : 'pull-up');
      settle();
    },
    isFree: () => !findLine(kernel, 'GPIO27').info.used,
    take: () => {
      const chip = findLine(kernel, 'GPIO27').chip.name;
      holder = spawn('gpioset', ['--consumer', 'lirc', '-c', chip, '27=0'], { stdio: 'ignore' });
      while (!findLine(kernel, 'GPIO27').info.used) execFileSync('sleep', ['0.1']);
    },
  };
});
process.on('exit', () => holder?.kill('SIGKILL'));
