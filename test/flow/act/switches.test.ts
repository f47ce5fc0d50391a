import test from 'ava';
import { findLine } from '../../../src/flow/act/gpio-lines.ts';
import { openGpiochip } from '../../../src/flow/act/gpiochip-switch.ts';
import { loadOnoff, openOnoff } from '../../../src/flow/act/onoff-switch.ts';
import { openSimulated } from '../../../src/flow/act/simulated-switch.ts';
import { sysfsNumber } from '../../../src/flow/act/sysfs-gpio.ts';
import { FakeGpioKernel, piChip } from '../../fakes/gpio-kernel.ts';
import { FakeWire } from '../../fakes/switch.ts';
import { FakeSysfs, piSysfsChips } from '../../fakes/sysfs-gpio.ts';
import { testRequiring } from '../../requiring.ts';
import { switchContract } from './switch-contract.ts';

switchContract('gpiochip', () => {
  const chip = piChip();
  const line = chip.lines[17]!;
  const kernel = new FakeGpioKernel([chip]);
  return {
    open: (options) => openGpiochip(kernel, findLine(kernel, options.line), options),
    history: () => line.history,
    // No file of the chip may stay open either.
    isFree: () => !line.used && kernel.openFiles === 0,
    lose: () => {
      chip.gone = true;
    },
    take: () => Object.assign(line, { used: true, consumer: 'lirc' }),
  };
});

switchContract('onoff', () => {
  const sysfs = new FakeSysfs(piSysfsChips);
  const number = 512 + 17;
  return {
    open: (options) => openOnoff(sysfs.Gpio, sysfsNumber(options.line, sysfs.root), options),
    history: () => sysfs.history(number),
    isFree: () => !sysfs.isExported(number),
    lose: () => {
      sysfs.gone = true;
    },
    take: () => sysfs.taken.add(number),
  };
});

switchContract('simulated', () => {
  const history: boolean[] = [];
  let held = false;
  return {
    open: (options) => {
      held = true;
      const opened = openSimulated(options, (on) => history.push(on !== options.activeLow));
      return {
        ...opened,
        close: (safe) => {
          opened.close(safe);
          held = false;
        },
      };
    },
    history: () => history,
    isFree: () => !held,
  };
});

switchContract('fake', () => {
  const wire = new FakeWire();
  let taken = false;
  return {
    open: (options) => {
      if (taken) {
        const other = new FakeWire();
        other.open(options);
        return other.open(options);
      }
      return wire.open(options);
    },
    history: () => wire.history,
    isFree: () => wire.isFree,
    lose: () => wire.cut(),
    take: () => {
      taken = true;
    },
  };
});

test('a simulated line tells changes only', (t) => {
  const told: boolean[] = [];
  const led = openSimulated({ line: 'GPIO17', activeLow: true, initial: false }, (on) => told.push(on));
  for (const on of [false, true, true, false]) led.set(on);
  t.deepEqual(told, [false, true, false]);
});

test('onoff: a line that stays an input is refused', (t) => {
  const sysfs = new FakeSysfs(piSysfsChips);
  class StaysInput extends sysfs.Gpio {
    override direction(): string {
      return 'in';
    }
  }
  const error = t.throws(() => openOnoff(StaysInput, 529, { line: 'GPIO17', activeLow: false, initial: false }));
  t.regex(error?.message ?? '', /GPIO17 \(sysfs 529\) can't be used: it stays an input/);
});

test('onoff: a forbidden export names the number and the mend', (t) => {
  const sysfs = new FakeSysfs(piSysfsChips);
  sysfs.forbidden = true;
  const error = t.throws(() => openOnoff(sysfs.Gpio, 529, { line: 'GPIO17', activeLow: false, initial: false }));
  t.regex(error?.message ?? '', /may not export GPIO 529 \(EACCES\).*root, or udev rules/);
});

testRequiring([{ kind: 'optional-package', name: 'onoff' }], 'onoff itself has the methods goby calls', (t) => {
  const { prototype } = loadOnoff();
  for (const method of ['readSync', 'writeSync', 'direction', 'unexport'] as const) {
    t.is(typeof prototype[method], 'function');
  }
});
