/** Inputs: the adapters by their contract; what an input does over time; what a press does to a control. */
import test from 'ava';
import { createAgentInputs } from '../../../src/agent/inputs.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { UnavailableError } from '../../../src/errors.ts';
import { findLine } from '../../../src/flow/act/gpio-lines.ts';
import { openGpiochipInput } from '../../../src/flow/act/gpiochip-input.ts';
import { openInput } from '../../../src/flow/act/open-input.ts';
import { openSimulatedInput, SimulatedWire } from '../../../src/flow/act/simulated-input.ts';
import { createControls } from '../../../src/flow/control/controls.ts';
import { createLogger } from '../../../src/logger.ts';
import { Health } from '../../../src/system/service/health.ts';
import { drive, FakeGpioKernel, piChip } from '../../fakes/gpio-kernel.ts';
import { ManualTimers } from '../../fakes/manual-timers.ts';
import { inputContract } from './input-contract.ts';

const button = { line: 'GPIO27', activeLow: true, pull: 'up', debounceMs: 30 } as const;

inputContract('gpiochip', () => {
  const chip = piChip();
  const line = chip.lines[27]!;
  const kernel = new FakeGpioKernel([chip]);
  return {
    open: (options) => openGpiochipInput(kernel, findLine(kernel, options.line), options),
    press: (active, { activeLow }) => drive(line, active !== activeLow),
    isFree: () => !line.used && kernel.openFiles === 0,
    lose: () => {
      chip.gone = true;
    },
    take: () => Object.assign(line, { used: true, consumer: 'lirc' }),
  };
});

inputContract('simulated', () => {
  const wire = new SimulatedWire();
  let held = false;
  return {
    open: (options) => {
      held = true;
      const input = openSimulatedInput(options, wire);
      const close = (): void => {
        input.close();
        held = false;
      };
      return { ...input, close };
    },
    press: (active) => wire.set(active),
    isFree: () => !held,
  };
});

test('the kernel is asked to debounce, to pull and to tell both edges', (t) => {
  const chip = piChip();
  const line = chip.lines[27]!;
  const kernel = new FakeGpioKernel([chip]);
  const asked: [bigint, number][] = [];
  for (const change of [{}, { pull: 'down', activeLow: false, debounceMs: 0 }, { pull: 'none', debounceMs: 1000 }]) {
    const held = openGpiochipInput(kernel, findLine(kernel, 'GPIO27'), { ...button, ...change } as typeof button);
    asked.push([line.flags, line.debounceUs]);
    held.close();
  }
  t.deepEqual(asked, [
    [4n | 16n | 32n | 256n | 2n, 30_000],
    [4n | 16n | 32n | 512n, 0],
    [4n | 16n | 32n | 1024n | 2n, 1_000_000],
  ]);
});

test('more presses than the kernel keeps are the newest ones, read in one go', (t) => {
  const chip = piChip();
  const kernel = new FakeGpioKernel([chip]);
  drive(chip.lines[27]!, true);
  const held = openGpiochipInput(kernel, findLine(kernel, 'GPIO27'), button);
  for (let press = 0; press < 15; press++) for (const level of [false, true]) drive(chip.lines[27]!, level);
  const edges = held.drain();
  t.is(edges.length, 16);
  t.deepEqual(edges.slice(-2), [true, false]);
  held.close();
});

test('which adapter: hardware where it is, a simulation where there is none, and never one instead of a Pi that fails', (t) => {
  const machine = (chips: ReturnType<typeof piChip>[], model?: string) => ({
    kernel: new FakeGpioKernel(chips),
    sysfsRoot: '/nowhere',
    loadOnoff: () => {
      throw new UnavailableError('no onoff');
    },
    boardModel: () => model,
  });
  const options = { ...button, adapter: 'auto' } as const;
  t.is(openInput(options, machine([piChip()])).adapter, 'gpiochip');
  t.is(openInput(options, machine([])).adapter, 'simulated');
  t.is(openInput({ ...options, adapter: 'simulated' }, machine([piChip()])).adapter, 'simulated');
  t.throws(() => openInput(options, machine([], 'Raspberry Pi 5 Model B')), { instanceOf: UnavailableError });
  t.throws(() => openInput({ ...options, line: 'GPIO99' }, machine([piChip()], 'Raspberry Pi 4')), {
    message: /no GPIO line named GPIO99/,
  });
});

/** A button on a fake Pi that works on a control. */
function setUp(action: string) {
  const chip = piChip();
  const line = chip.lines[27]!;
  drive(line, true);
  const kernel = new FakeGpioKernel([chip]);
  const timers = new ManualTimers();
  const health = new Health();
  const controls = createControls();
  const log: string[] = [];
  controls.add({ name: 'alarm', kind: 'arming', value: false });
  const { inputs } = configSchema.parse({
    controls: { alarm: {} },
    inputs: { door: { line: 'GPIO27', control: 'alarm', action } },
  });
  const machine = {
    kernel,
    sysfsRoot: '/nowhere',
    loadOnoff: () => {
      throw new UnavailableError('no onoff');
    },
    boardModel: () => 'Raspberry Pi 4',
  };
  const agent = createAgentInputs({
    ...{ config: inputs, controls, health, timers },
    logger: createLogger({
      part: 'goby',
      threshold: { level: 'debug' },
      format: 'text',
      write: (text) => log.push(text),
    }),
    open: (options) => openInput(options, machine),
  });
  const press = (): void => {
    drive(line, false);
    timers.advance(60);
    drive(line, true);
    timers.advance(60);
  };
  return { agent, chip, line, kernel, timers, health, controls, log, press, isOn: () => controls.get('alarm')?.value };
}

test('each press toggles the control, and it is told who did', (t) => {
  const { agent, press, isOn, controls, health } = setUp('toggle');
  agent.start();
  t.like(health.get('inputs'), { state: 'ready', detail: 'door: ready' });
  press();
  t.true(isOn());
  t.is(controls.get('alarm')?.reason, 'the input door');
  press();
  t.false(isOn());
  agent.stop();
});

test('on and off set it, whatever it was', (t) => {
  const on = setUp('on');
  on.agent.start();
  for (let count = 0; count < 3; count++) {
    on.press();
    t.true(on.isOn());
  }
  const off = setUp('off');
  off.controls.set('alarm', true, 'MQTT');
  off.agent.start();
  off.press();
  t.false(off.isOn());
});

test('a key switch is followed, from how it stands at the start', (t) => {
  const { agent, line, timers, isOn } = setUp('follow');
  drive(line, false);
  agent.start();
  t.true(isOn());
  drive(line, true);
  timers.advance(60);
  t.false(isOn());
  drive(line, false);
  timers.advance(60);
  t.true(isOn());
});

test('two presses between two looks are two presses', (t) => {
  const { agent, line, timers, isOn } = setUp('toggle');
  agent.start();
  for (const level of [false, true, false, true]) drive(line, level);
  timers.advance(50);
  t.false(isOn());
});

test('a line that is taken or lost is told once, tried again, and works when it is back', (t) => {
  const { agent, chip, line, timers, health, log, press, isOn } = setUp('toggle');
  Object.assign(line, { used: true, consumer: 'lirc' });
  agent.start();
  timers.advance(10_000);
  t.is(health.get('inputs')?.state, 'unavailable');
  t.regex(health.get('inputs')?.detail ?? '', /door: The GPIO line GPIO27 is taken by lirc/);
  t.is(log.filter((text) => text.includes('warn')).length, 1);
  Object.assign(line, { used: false, consumer: '' });
  timers.advance(30_000);
  press();
  t.true(isOn());
  chip.gone = true;
  timers.advance(60);
  t.regex(health.get('inputs')?.detail ?? '', /has gone/);
  chip.gone = false;
  Object.assign(line, { used: false, consumer: '' });
  timers.advance(30_000);
  t.is(health.get('inputs')?.state, 'ready');
  press();
  t.false(isOn());
});

test('after the stop the line is free, and nothing is waited for', (t) => {
  const { agent, line, kernel, timers, press, isOn } = setUp('toggle');
  agent.start();
  agent.stop();
  agent.stop();
  t.deepEqual([line.used, kernel.openFiles, timers.waiting], [false, 0, 0]);
  press();
  t.false(isOn());
});
