import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { outputsCommand } from '../../../src/commands/outputs.ts';
import { ConfigError, InputError, UnavailableError } from '../../../src/errors.ts';
import type { GpioMachine } from '../../../src/flow/act/open-switch.ts';
import { silentLogger } from '../../../src/logger.ts';
import { StatusServer } from '../../../src/system/service/status-socket.ts';
import { type FakeChip, FakeGpioKernel, fakeLine, piChip } from '../../fakes/gpio-kernel.ts';
import { sampleStatus } from '../../system/service/agent-status-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'goby-outputs-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function configFile(outputs: string, more = ''): string {
  const file = join(folder, `goby-${files++}.yaml`);
  writeFileSync(file, `service: { stateDir: ${folder} }\nrules: []\noutputs: ${outputs}\n${more}`);
  return file;
}

const led = '{ led: { line: GPIO17 } }';

function pi(chip: FakeChip = piChip()): GpioMachine {
  return {
    kernel: new FakeGpioKernel([chip]),
    sysfsRoot: '/nowhere',
    loadOnoff: () => {
      throw new UnavailableError('no onoff');
    },
    boardModel: () => 'Raspberry Pi 4 Model B Rev 1.4',
  };
}

const laptop: GpioMachine = { ...pi(), kernel: new FakeGpioKernel([]), boardModel: () => undefined };

interface Told {
  readonly out: string;
  readonly err: string;
}

/** Runs the command and gives what it prints. Serial tests only: it stands in for console. */
async function run(machine: GpioMachine, ...args: string[]): Promise<Told> {
  const told = { out: [] as string[], err: [] as string[] };
  const { log, error } = console;
  console.log = (text: string) => told.out.push(text);
  console.error = (text: string) => told.err.push(text);
  try {
    const command = outputsCommand(machine)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    for (const one of command.commands) one.copyInheritedSettings(command);
    await command.parseAsync(args, { from: 'user' });
  } finally {
    Object.assign(console, { log, error });
  }
  return { out: told.out.join('\n'), err: told.err.join('\n') };
}

test.serial('--safe without a readable configuration touches nothing, says so, and does not fail', async (t) => {
  const chip = piChip();
  const missing = await run(pi(chip), '--safe', '--config', join(folder, 'none.yaml'));
  t.regex(missing.err, /no output was touched.*none\.yaml/);
  t.is(missing.out, '');
  const broken = await run(pi(chip), '--safe', '--json', '--config', configFile('{ led: { line: 17 } }'));
  t.regex(broken.err, /no output was touched.*outputs\.led\.line/s);
  t.is(broken.out, '[]');
  t.true(chip.lines.every(({ history }) => history.length === 0));
});

test.serial('--safe tells of the lines it could not get, and makes the others safe', async (t) => {
  const chip = piChip();
  chip.lines.splice(17, 1, fakeLine('GPIO17', 'lirc'));
  const file = configFile(
    '{ led: { line: GPIO17 }, siren: { line: GPIO27, activeLow: true }, gone: { line: GPIO99 }, pump: { line: GPIO22, safe: on } }',
  );
  const { out } = await run(pi(chip), '--safe', '--config', file);
  t.regex(out, /^led: not made safe: The GPIO line GPIO17 is taken by lirc/m);
  t.regex(out, /^siren: GPIO27 is off, its safe state$/m);
  t.regex(out, /^gone: not made safe: There is no GPIO line named GPIO99/m);
  t.regex(out, /^pump: GPIO22 is on, its safe state$/m);
  t.deepEqual(
    [17, 27, 22].map((offset) => chip.lines[offset]!.history.at(-1)),
    [undefined, true, true],
  );
  t.false(chip.lines[27]!.used);
  t.deepEqual(
    JSON.parse((await run(pi(chip), '--safe', '--json', '--config', file)).out).map(
      ({ name, isSafe }: { name: string; isSafe: boolean }) => [name, isSafe],
    ),
    [
      ['led', false],
      ['siren', true],
      ['gone', false],
      ['pump', true],
    ],
  );
});

test.serial('--safe survives a fault of the kernel interface itself', async (t) => {
  const machine = pi();
  machine.kernel.chips = () => {
    throw new TypeError('a bug');
  };
  const { out } = await run(machine, '--safe', '--config', configFile(led));
  t.is(out, 'led: not made safe: a bug');
});

test.serial('--safe tells when something else drives the line', async (t) => {
  const chip = piChip();
  chip.lines[17]!.history.push = () => 0;
  chip.lines[17]!.history[0] = true;
  const { out } = await run(pi(chip), '--safe', '--config', configFile(led));
  t.regex(out, /^led: GPIO17 was set to off, its safe state, but reads on/);
});

test.serial('--safe on a machine without GPIO has nothing to do', async (t) => {
  const { out } = await run(laptop, '--safe', '--config', configFile(led));
  t.is(out, 'led: nothing to do, GPIO17 is simulated: This machine has no GPIO.');
});

test.serial('the list shows lines, adapters and levels, and switches nothing', async (t) => {
  const chip = piChip();
  Object.assign(chip.lines[17]!, { isOutput: true, history: [true] });
  const file = configFile('{ led: { line: GPIO17 }, siren: { line: GPIO27 }, gone: { line: GPIO99 } }');
  const { out } = await run(pi(chip), '--config', file);
  t.regex(out, /^led +GPIO17 +gpiochip +on +GPIO17 is line 17 of gpiochip0 \(pinctrl-bcm2711\)$/m);
  t.regex(out, /^siren +GPIO27 +gpiochip +- +GPIO27 is line 27/m);
  t.regex(out, /^gone +GPIO99 +auto +- +There is no GPIO line named GPIO99/m);
  t.deepEqual(chip.lines[17]!.history, [true]);
  t.deepEqual(chip.lines[27]!.history, []);
  const json = JSON.parse((await run(pi(chip), '--json', '--config', file)).out);
  t.like(json[0], { name: 'led', line: 'GPIO17', adapter: 'gpiochip', on: true });
  t.false('on' in json[1]);
});

test.serial('without outputs the list says so', async (t) => {
  t.is((await run(laptop, '--config', configFile('{}'))).out, 'No outputs are configured.');
});

test.serial('while an agent runs, it is asked', async (t) => {
  const path = join(folder, 'status.sock');
  const status = {
    ...sampleStatus(),
    pid: 4321,
    outputs: {
      led: { line: 'GPIO17', adapter: 'gpiochip', on: true },
      siren: { line: 'GPIO27', adapter: 'auto', fault: 'GPIO27 is taken.' },
    },
  };
  const server = new StatusServer({ path, status: () => status, logger: silentLogger });
  await server.start();
  try {
    const { out } = await run(pi(), '--config', configFile('{ led: { line: GPIO17 }, siren: { line: GPIO27 } }'));
    t.regex(out, /^led +GPIO17 +gpiochip +on +held by the agent, process 4321$/m);
    t.regex(out, /^siren +GPIO27 +auto +- +GPIO27 is taken\.$/m);
  } finally {
    await server.stop();
  }
});

/** Arguments, and what the error is and says. */
const refused: readonly (readonly [readonly string[], typeof ConfigError | undefined, RegExp])[] = [
  [['set', 'lamp', 'on'], ConfigError, /There is no output lamp\. Outputs in the configuration: led\./],
  [['set', 'toString', 'on'], ConfigError, /There is no output toString/],
  [['set', 'led', 'on', '--safe'], InputError as typeof ConfigError, /exclude each other/],
  [['set', 'led', 'bright'], undefined, /Allowed choices are on, off/],
  [['set', 'led', 'on', '--seconds', '0'], undefined, /number of seconds up to 3600, got 0/],
  [['set', 'led', 'on', '--seconds', 'long'], undefined, /number of seconds up to 3600, got long/],
];

for (const [args, kind, message] of refused) {
  test.serial(`refuses ${args.join(' ')}`, async (t) => {
    const chip = piChip();
    const running = run(pi(chip), ...args, '--config', configFile(led));
    await t.throwsAsync(running, { message, ...(kind === undefined ? {} : { instanceOf: kind }) });
    t.deepEqual(chip.lines[17]!.history, []);
  });
}

test.serial('set tells who holds a taken line', async (t) => {
  const chip = piChip();
  chip.lines.splice(17, 1, fakeLine('GPIO17', 'goby'));
  await t.throwsAsync(run(pi(chip), 'set', 'led', 'on', '--config', configFile(led)), {
    instanceOf: UnavailableError,
    message: /taken by goby.*systemctl stop goby/,
  });
});

test.serial('set switches, waits and goes back, within the limit of the output', async (t) => {
  const chip = piChip();
  const file = configFile('{ led: { line: GPIO17, maxOnMs: 20 } }');
  const { out } = await run(pi(chip), 'set', 'led', 'on', '--seconds', '3600', '--config', file);
  t.regex(
    out,
    /^led: GPIO17 is line 17 of gpiochip0 \(pinctrl-bcm2711\); on for 0\.02 s\nled: off again, its safe state$/,
  );
  t.deepEqual(chip.lines[17]!.history, [false, true, false]);
  t.false(chip.lines[17]!.used);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends set early, with the line safe`, async (t) => {
    const child = spawn(
      process.execPath,
      [
        '--import=tsx',
        fileURLToPath(new URL('fixtures/outputs-child.ts', import.meta.url)),
        ...[
          'set',
          'led',
          'on',
          '--seconds',
          '3600',
          '--json',
          '--config',
          configFile('{ led: { line: GPIO17, maxOnMs: 0 } }'),
        ],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (lines.length === 1) child.kill(signal);
    }
    t.is(await ended, 0);
    t.like(JSON.parse(lines[0]!), { on: true });
    t.like(JSON.parse(lines[1]!), { on: false });
    t.is(lines[2], '[false,true,false]');
  });
}
