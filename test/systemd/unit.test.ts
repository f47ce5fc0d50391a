/** The unit as systemd itself judges it, and the files beside it against each other. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { exitCode } from '../../src/errors.ts';
import { places, testRequiring } from '../requiring.ts';

const run = promisify(execFile);
const source = (name: string) => readFile(join(places.root, 'systemd', name), 'utf8');
const analyze = [{ kind: 'program', name: 'systemd-analyze' }] as const;

/** The unit in a folder of its own, with a program that exists on every machine in place of goby. */
async function unitFolder(t: ExecutionContext, change: (unit: string) => string = (unit) => unit): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-unit-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const unit = (await source('goby.service')).replaceAll('/usr/bin/goby', process.execPath);
  await writeFile(join(folder, 'goby.service'), change(unit));
  return folder;
}

/** What `systemd-analyze verify` says of it. */
async function verdict(folder: string): Promise<string> {
  const args = ['verify', '--man=no', '--recursive-errors=no', join(folder, 'goby.service')];
  const { stdout, stderr } = await run('systemd-analyze', args).catch((error) => error);
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes('goby.service'))
    .join('\n');
}

async function exposure(folder: string): Promise<number> {
  const args = ['security', '--offline=true', '--no-pager', join(folder, 'goby.service')];
  const { stdout } = await run('systemd-analyze', args);
  return Number(/Overall exposure level for goby\.service: ([\d.]+)/.exec(stdout)?.[1]);
}

testRequiring(analyze, 'systemd finds an unknown key in a unit, so the next test can fail', async (t) => {
  const folder = await unitFolder(t, (unit) => unit.replace('UMask=', 'UnknownMask='));
  t.regex(await verdict(folder), /Unknown key.* 'UnknownMask'/);
});

testRequiring(analyze, 'systemd has nothing to say against the unit', async (t) => {
  t.is(await verdict(await unitFolder(t)), '');
});

testRequiring(analyze, 'the exposure of the unit is 1.6 or lower, and its sandbox is the reason', async (t) => {
  const score = await exposure(await unitFolder(t));
  t.true(score > 0 && score <= 1.6, `exposure ${score}`);
  t.log(`systemd-analyze security: exposure ${score}`);
  const open = await exposure(await unitFolder(t, (unit) => unit.replace(/^(Protect|Restrict|SystemCall).*\n/gm, '')));
  t.true(open > 3, `exposure ${open} without the sandbox`);
});

test('the unit says what the design decided', async (t) => {
  const unit = await source('goby.service');
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
  t.is(value('Type'), 'notify');
  t.is(value('NotifyAccess'), 'main');
  t.is(value('Restart'), 'always');
  t.is(value('RestartPreventExitStatus'), `${exitCode.config}`);
  t.is(value('ExecStart'), '/usr/bin/goby run --config /etc/goby/goby.yaml');
  t.is(value('ExecStopPost'), '/usr/bin/goby outputs --safe --config /etc/goby/goby.yaml');
  t.notRegex(value('After') ?? '', /mosquitto|network-online/, 'a camera watches also where there is no network');
  t.is(value('DevicePolicy'), 'closed');
  t.is(value('LoadCredential'), 'mqtt-password:goby.mqtt-password', 'a plain name: the file may be absent');
  t.is(value('MemoryDenyWriteExecute'), undefined, "Node's JIT needs it");
  t.is(value('PrivateDevices'), undefined);
  t.regex(value('SystemCallFilter') ?? '', /@pkey/);
  t.is(value('SystemCallErrorNumber'), 'EPERM');
  t.true(Number(value('TimeoutStopSec')) > 10, "longer than goby's own stop takes at most");
});

test('keys that systemd 252 lacks stand in the drop-in only', async (t) => {
  const keys = /^Restart(Steps|MaxDelaySec)=/m;
  t.notRegex(await source('goby.service'), keys);
  t.regex(await source('goby.service.d/back-off.conf'), keys);
});

test('the udev rules cover both ids of the Coral stick, PCIe, GPIO and the mailbox, in well-formed lines', async (t) => {
  const rules = (await source('60-goby.rules')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const rule of rules)
    t.regex(rule, /^([A-Z]+(\{\w+\})?(==|=)"[^"]*", )*[A-Z]+(\{\w+\})?(==|=)"[^"]*"$/, `malformed: ${rule}`);
  const rule = (...parts: string[]) => rules.find((line) => parts.every((part) => line.includes(part))) ?? '';
  t.regex(rule('ATTR{idVendor}=="1a6e"', 'ATTR{idProduct}=="089a"'), /GROUP="plugdev", MODE="0660"$/);
  t.regex(rule('ATTR{idVendor}=="18d1"', 'ATTR{idProduct}=="9302"'), /GROUP="plugdev", MODE="0660"$/);
  t.regex(rule('SUBSYSTEM=="apex"'), /GROUP="apex"/);
  t.regex(rule('KERNEL=="gpiochip*"'), /GROUP="gpio"/);
  t.regex(rule('KERNEL=="vcio"'), /GROUP="video"/);
});

test('every group of the unit and of the udev rules is made, and the user is in it', async (t) => {
  const sysusers = await source('goby.sysusers.conf');
  const supplementary = /^SupplementaryGroups=(.*)$/m.exec(await source('goby.service'))![1]!.split(' ');
  const ruled = [...(await source('60-goby.rules')).matchAll(/GROUP="(\w+)"/g)].map((match) => match[1]!);
  t.deepEqual([...new Set(ruled)].sort(), [...supplementary].sort());
  for (const group of supplementary) {
    t.regex(sysusers, new RegExp(`^g ${group} - -$`, 'm'));
    t.regex(sysusers, new RegExp(`^m goby ${group}$`, 'm'));
  }
});

testRequiring(
  [
    { kind: 'program', name: 'systemd-sysusers' },
    { kind: 'program', name: 'unshare' },
  ],
  'systemd makes the user and its groups from the file',
  async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'goby-sysusers-'));
    t.teardown(() => rm(root, { recursive: true }));
    await mkdir(join(root, 'etc'));
    await mkdir(join(root, 'usr', 'lib', 'sysusers.d'), { recursive: true });
    await writeFile(join(root, 'usr', 'lib', 'sysusers.d', 'goby.conf'), await source('goby.sysusers.conf'));
    // Root of a user namespace of its own, so that this works for everybody.
    await run('unshare', ['--map-root-user', 'systemd-sysusers', `--root=${root}`]);
    t.regex(await readFile(join(root, 'etc', 'passwd'), 'utf8'), /^goby:.*:\/var\/lib\/goby:.*nologin$/m);
    const groups = await readFile(join(root, 'etc', 'group'), 'utf8');
    for (const group of ['video', 'gpio', 'plugdev', 'apex'])
      t.regex(groups, new RegExp(`^${group}:x:\\d+:goby$`, 'm'));
  },
);
