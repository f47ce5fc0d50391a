/**
 * `npm run test:guest`: goby's package on a real systemd, kernel and mosquitto in an x86-64 guest, step by step, with faults.
 * `npm run test:power-cut`: power cuts while the outbox is written. The last line is `N passed, N failed`.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../../scripts/guest/cache.ts';
import { gobyPackage } from '../../scripts/guest/goby-package.ts';
import type { Machine } from '../../scripts/guest/machine.ts';
import { MqttOutside } from '../../scripts/guest/mqtt-outside.ts';
import { makeDisk, type PreparedGuest, prepareGuest, startPc } from '../../scripts/guest/pc.ts';
import { Trouble } from '../../scripts/guest/run-program.ts';
import { TrialSteps } from '../../scripts/guest/trial-steps.ts';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { contractSteps } from './contract-steps.ts';
import { faultSteps, killStep, rebootStep } from './fault-steps.ts';
import { guestFiles } from './guest-files.ts';
import { powerCuts } from './power-cuts.ts';
import { type Scene, serviceSteps } from './service-steps.ts';

const usage = `Usage: npm run test:guest -- [--deb FILE] [--short | --power-cuts COUNT] [--json]

Boots Debian in an x86-64 guest under QEMU, installs goby's package there, and looks at the service, its sandbox, GPIO on a
simulated chip, MQTT from outside, and faults. With --short: no contracts, one fault (SIGKILL while the pin is high) and no reboot, and
where QEMU, Debian's packages or the network is missing, one line says so and the exit code is 0. With --power-cuts: kills QEMU so often while the outbox is written, and looks
at what the next start finds. Needs Debian's qemu-system-x86, mmdebstrap, e2fsprogs, kmod, cpio and xz-utils.

Examples:
  npm run test:guest
  npm run test:guest -- --short
  npm run test:guest -- --power-cuts 20`;

/** An emulated processor on a busy machine: what takes longer than this has failed. */
const patienceMs = 600_000;
const tell = (note: string): void => console.error(note);

// What ends with the process, as the emulated machine does, ends also when the process is told to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

try {
  const { values } = parseArgs({
    options: {
      deb: { type: 'string' },
      short: { type: 'boolean', default: false },
      'power-cuts': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else await testGuest(values);
} catch (error) {
  if (!(error instanceof Trouble) && !(error instanceof TypeError && 'code' in error)) throw error;
  console.error(`test:guest: ${error.message}`);
  process.exitCode = 1;
}

interface Values {
  readonly deb?: string;
  readonly short: boolean;
  readonly 'power-cuts'?: string;
  readonly json: boolean;
}

async function testGuest(values: Values): Promise<void> {
  const guest = await prepareGuest(tell).catch((error: unknown) => {
    if (!values.short || !(error instanceof Trouble)) throw error;
    console.log(`skipped: the package in an x86-64 guest: ${error.message.replaceAll('\n', ' ')}`);
    return undefined;
  });
  if (guest === undefined) {
    console.log(values.json ? '[]' : '0 passed, 0 failed, 1 skipped');
    return;
  }
  const deb = values.deb ? resolve(values.deb) : await gobyPackage(repository, 'amd64', tell);
  const folder = await mkdtemp(join(tmpdir(), 'goby-guest-disk-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clean);
  const steps = new TrialSteps(tell);
  try {
    const disk = join(folder, 'disk.img');
    await makeDisk(guest, disk, guestFiles(deb));
    if (values['power-cuts'] === undefined) await serviceTest(guest, { disk, steps, short: values.short });
    else await cutTest(guest, disk, steps, Number(values['power-cuts']));
  } finally {
    clean();
  }
  console.log(values.json ? JSON.stringify(steps.results, undefined, 2) : steps.table);
  process.exitCode = steps.counts.failed === 0 ? 0 : 1;
}

interface ServiceTest {
  readonly disk: string;
  readonly steps: TrialSteps;
  readonly short: boolean;
}

async function serviceTest(guest: PreparedGuest, { disk, steps, short }: ServiceTest): Promise<void> {
  const mqttPort = await freePort();
  const start = async (): Promise<Machine> => {
    const machine = await startPc(guest, { disk, mqttPort }, tell);
    machine.console.patienceMs = patienceMs;
    return machine;
  };
  let machine = await start();
  const outside = new MqttOutside(mqttPort);
  try {
    await steps.take('the guest boots', async () => {
      return machine.console.must(
        'uname -r; systemctl --version | head -1; echo "$(cut -d" " -f1 /proc/uptime) s after the start"',
      );
    });
    const scene = (): Scene => ({ machine, outside, steps, patienceMs });
    await serviceSteps(scene());
    if (!short) await contractSteps(scene());
    await killStep(scene());
    if (short) return;
    await faultSteps(scene());
    machine = await rebootStep(scene(), async () => {
      machine = await start();
      return machine;
    });
  } finally {
    outside.end();
    await machine.kill();
  }
}

/** Nothing but the console is started in these guests, so that a start takes seconds. */
async function cutTest(guest: PreparedGuest, disk: string, steps: TrialSteps, cuts: number): Promise<void> {
  const start = async (): Promise<Machine> => {
    const append = 'systemd.unit=guest-console.service';
    const machine = await startPc(guest, { disk, cache: 'writethrough', append }, tell);
    machine.console.patienceMs = patienceMs;
    return machine;
  };
  await steps.take('the package is unpacked in the guest', async () => {
    const machine = await start();
    try {
      await machine.console.ready();
      await machine.console.must('dpkg-deb -x /root/goby.deb / && /usr/lib/guest/link-packages && sync');
    } finally {
      await machine.kill();
    }
    return '';
  });
  await powerCuts({ cuts, start, steps });
}
