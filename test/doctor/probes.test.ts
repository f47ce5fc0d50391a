/** Native libraries asked in a real process of their own, and a fake tree for devices. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { configSchema } from '../../src/config/schema.ts';
import { boardName, diskFacts, platformFacts, supplyMilliamperes, usbLimitFacts } from '../../src/doctor/host-facts.ts';
import { edgetpuFacts } from '../../src/doctor/inference-facts.ts';
import { probeLibrary } from '../../src/doctor/probe-library.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import { UnavailableError } from '../../src/errors.ts';

const { infer } = configSchema.parse({});

async function plant(
  t: { teardown(fn: () => unknown): void },
  files: Record<string, string | Buffer>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'goby-doctor-'));
  t.teardown(() => rm(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

test('a library that is missing, is none, lacks the function, or crashes is told, and doctor lives on', async (t) => {
  const root = await plant(t, { 'none.so': 'not a library' });
  const problem = async (library: string, name: string) => {
    const probe = await probeLibrary(library, name);
    return 'problem' in probe ? probe.problem : 'no problem';
  };
  t.regex(await problem('libnonexistent.so.9', 'x'), /^cannot open shared object file/);
  t.regex(await problem(join(root, 'none.so'), 'x'), /file too short|invalid ELF header/);
  t.regex(await problem('libc.so.6', 'edgetpu_version'), /edgetpu_version/);
  t.is(await problem('libc.so.6', 'abort'), 'loading it ended with SIGABRT');
});

test('a library tells its version and where it was found', async (t) => {
  const probe = await probeLibrary('libc.so.6', 'gnu_get_libc_version');
  t.true('path' in probe);
  if (!('path' in probe)) return;
  t.regex(probe.path, /^\/.*libc\.so\.6$/);
  t.regex(probe.version, /^2\.\d+/);
});

test('a Coral stick is found with its device file, before and after its firmware is loaded', async (t) => {
  const root = await plant(t, {
    'sys/bus/usb/devices/1-1/idVendor': '1d6b\n',
    'sys/bus/usb/devices/2-1/idVendor': '18d1\n',
    'sys/bus/usb/devices/2-1/idProduct': '9302\n',
    'sys/bus/usb/devices/2-1/busnum': '2\n',
    'sys/bus/usb/devices/2-1/devnum': '14\n',
    'dev/bus/usb/002/014': '',
    'dev/apex_0': '',
  });
  await chmod(join(root, 'dev/bus/usb/002/014'), 0o666);
  const facts = await edgetpuFacts({ ...infer, edgetpuLibrary: '/nonexistent/libedgetpu.so' }, root);
  t.deepEqual(facts.devices, [
    { place: '18d1:9302 (/dev/bus/usb/002/014)', accessible: true },
    { place: '/dev/apex_0', accessible: true },
  ]);
  t.regex(facts.libraryProblem ?? '', /^cannot open shared object file/);
  t.deepEqual((await edgetpuFacts(infer, await plant(t, {}))).devices, []);
});

test('the library that the worker of a running agent has loaded is the one that is told', async (t) => {
  const root = await plant(t, {
    'proc/70/task/70/children': '71 72 ',
    'proc/71/maps': '7f00-7f10 r-xp 00000000 08:01 7 /usr/lib/libm.so.6\n',
    'proc/72/maps':
      '7f00-7f10 r-xp 00000000 08:01 7 /usr/lib/libc.so.6\n7f20-7f30 r-xp 00000000 08:01 8 /opt/tpu/libedgetpu.so.1.0\n',
  });
  const facts = await edgetpuFacts(infer, root, 70);
  t.is(facts.library, '/opt/tpu/libedgetpu.so.1.0');
  const configured = { ...infer, edgetpuLibrary: '/nonexistent/libedgetpu.so' };
  t.is((await edgetpuFacts(configured, root, 69)).library, '/nonexistent/libedgetpu.so');
});

test('the limit of USB current: what the firmware did, and what config.txt asks for', async (t) => {
  const power = 'proc/device-tree/chosen/power/usb_max_current_enable';
  const root = await plant(t, {
    [power]: Buffer.from([0, 0, 0, 0]),
    'boot/firmware/config.txt': 'dtparam=audio=on\n# usb_max_current_enable=0\nusb_max_current_enable=1\n',
  });
  t.deepEqual(await usbLimitFacts(root), { usbLimitLifted: false, usbLimitConfigured: true });
  t.deepEqual(await usbLimitFacts(await plant(t, { [power]: Buffer.from([0, 0, 0, 1]) })), { usbLimitLifted: true });
  t.deepEqual(await usbLimitFacts(await plant(t, {})), {});
});

test('board, system and supply come from the device tree and os-release', async (t) => {
  const root = await plant(t, {
    'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
    'proc/device-tree/chosen/power/max_current': Buffer.from([0, 0, 0x13, 0x88]),
    'etc/os-release': 'NAME="x"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
  });
  t.is(await boardName(root), 'Raspberry Pi 5 Model B Rev 1.0');
  t.is(await supplyMilliamperes(root), 5000);
  t.like(await platformFacts(root), {
    board: 'Raspberry Pi 5 Model B Rev 1.0',
    system: 'Debian GNU/Linux 13 (trixie)',
  });
  const empty = await plant(t, {});
  t.is(await boardName(empty), undefined);
  t.is(await supplyMilliamperes(empty), undefined);
});

test('a state folder that is not made yet is measured where it will be', async (t) => {
  const root = await plant(t, {});
  const facts = await diskFacts(join(root, 'var', 'lib', 'goby'), true);
  t.true((facts.freeBytes ?? 0) > 0);
  t.is(facts.writable, true);
});

test('checks run side by side, are told in order, and one that throws or hangs is a finding', async (t) => {
  const findings = [];
  const checks = [
    { part: 'hangs', run: () => new Promise<never>(() => undefined) },
    { part: 'fails', run: () => Promise.reject(new UnavailableError('The camera is away.')) },
    { part: 'bug', run: () => Promise.reject(new TypeError('x is undefined')) },
    { part: 'fine', run: () => Promise.resolve([{ part: 'fine', level: 'ok', sentence: 'Good.' } as const]) },
  ];
  for await (const { part, level, sentence } of runChecks(checks, 50)) findings.push(`${part} ${level} ${sentence}`);
  t.deepEqual(findings, [
    'hangs fail This check gave no answer within 0.05 s.',
    'fails fail The camera is away.',
    'bug fail This check itself failed: x is undefined.',
    'fine ok Good.',
  ]);
});
