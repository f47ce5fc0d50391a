import test from 'ava';
import type { OutputConfig } from '../../../src/config/schema.ts';
import { InputError } from '../../../src/errors.ts';
import type { OpenedSwitch, OpenSwitchOptions } from '../../../src/flow/act/open-switch.ts';
import { openSwitch } from '../../../src/flow/act/open-switch.ts';
import { createOutputs } from '../../../src/flow/act/outputs.ts';
import { silentLogger } from '../../../src/logger.ts';
import { FakeGpioKernel, fakeLine } from '../../fakes/gpio-kernel.ts';
import { ManualTimers } from '../../fakes/manual-timers.ts';
import { FakeWire } from '../../fakes/switch.ts';

const lamp: OutputConfig = { adapter: 'auto', line: 'GPIO17', activeLow: false, safe: 'off', maxOnMs: 0 };

function bench(open?: (options: OpenSwitchOptions) => OpenedSwitch) {
  const wires: Record<string, FakeWire> = { GPIO17: new FakeWire(), GPIO27: new FakeWire() };
  const told: string[] = [];
  const timers = new ManualTimers();
  const outputs = createOutputs({
    config: { led: lamp, siren: { ...lamp, line: 'GPIO27', safe: 'on' } },
    logger: silentLogger,
    timers,
    onStatus: (name, { state }) => told.push(`${name} ${state}`),
    onOverride: (name) => told.push(`${name} override`),
    onSimulated: (name, on) => told.push(`${name} simulated ${on}`),
    open:
      open ??
      ((options) => ({ adapter: 'gpiochip', detail: options.line, switch: wires[options.line]!.open(options) })),
  });
  outputs.onState((name, { on }) => told.push(`${name} ${on}`));
  return { outputs, wires, told, timers };
}

test('an unknown output is refused with the names there are', (t) => {
  const { outputs } = bench();
  outputs.start();
  const message = 'There is no output lamp. Outputs in the configuration: led, siren.';
  t.throws(() => outputs.set('lamp', true), { instanceOf: InputError, message });
  t.throws(() => outputs.apply({ output: 'lamp', kind: 'on', reason: '' }), { instanceOf: InputError, message });
  t.throws(() => outputs.set('toString', true), { instanceOf: InputError });
});

test('one line that is missing leaves the others working', (t) => {
  const { outputs, wires, told } = bench();
  wires['GPIO17']!.cut();
  outputs.start();
  outputs.set('led', true);
  outputs.set('siren', false);
  t.false(wires['GPIO27']!.level);
  t.true(told.includes('led unavailable'));
  const report = outputs.report();
  t.regex(report['led']?.fault ?? '', /GPIO17 is cut/);
  t.deepEqual(report['siren'], { line: 'GPIO27', adapter: 'gpiochip', on: false, cutOffsTotal: 0 });
  outputs.stop();
  t.true(wires['GPIO27']!.level);
});

test('a fault while stopping one output does not keep the others from their safe state', (t) => {
  const siren = new FakeWire();
  const { outputs } = bench((options) => {
    const opened = (options.line === 'GPIO17' ? new FakeWire() : siren).open(options);
    if (options.line === 'GPIO17') {
      opened.close = () => {
        throw new TypeError('a bug');
      };
    }
    return { adapter: 'gpiochip', detail: '', switch: opened };
  });
  outputs.start();
  outputs.set('siren', false);
  t.throws(() => outputs.stop(), { instanceOf: TypeError });
  t.true(siren.level);
});

test('all go to their safe states together', (t) => {
  const { outputs, wires, told } = bench();
  outputs.start();
  outputs.apply({ output: 'led', kind: 'on', reason: '' });
  outputs.apply({ output: 'siren', kind: 'off', reason: '' });
  outputs.safe('inference failed');
  t.false(wires['GPIO17']!.level);
  t.true(wires['GPIO27']!.level);
  t.deepEqual(
    told.filter((line) => line.endsWith('override')),
    ['led override', 'siren override'],
  );
});

test('hardware that has gone is waited for, never replaced by a simulation', (t) => {
  const chip = {
    path: '/dev/gpiochip0',
    label: 'expander',
    lines: [fakeLine('GPIO17'), fakeLine('GPIO27')],
    gone: false,
  };
  const machine = {
    kernel: new FakeGpioKernel([chip]),
    sysfsRoot: '/nowhere',
    loadOnoff: () => t.fail() as never,
    boardModel: () => undefined,
  };
  const { outputs, told, timers } = bench((options) => openSwitch(options, machine));
  outputs.start();
  chip.gone = true;
  outputs.set('led', true);
  timers.advance(20_000);
  t.regex(outputs.report()['led']?.fault ?? '', /no GPIO character device/);
  chip.gone = false;
  // The kernel forgets who held the lines of a chip that has gone.
  for (const line of chip.lines) line.used = false;
  timers.advance(30_000);
  t.true(chip.lines[0]!.history.at(-1));
  t.false(told.some((line) => line.includes('simulated')));
});

test('a simulated lamp tells its levels, and says that it is simulated', (t) => {
  const machine = {
    kernel: new FakeGpioKernel([]),
    sysfsRoot: '/nowhere',
    loadOnoff: () => t.fail() as never,
    boardModel: () => undefined,
  };
  const { outputs, told, timers } = bench((options) => openSwitch(options, machine));
  outputs.start();
  outputs.apply({ output: 'led', kind: 'pulse', durationMs: 10, reason: '' });
  timers.advance(10);
  t.deepEqual(
    told.filter((line) => line.startsWith('led')),
    [
      'led simulated false',
      'led simulated',
      'led false',
      'led simulated true',
      'led true',
      'led simulated false',
      'led false',
    ],
  );
});
