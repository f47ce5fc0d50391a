/** Facts about this machine that doctor asks for itself: board, system, clock, unit. Whatever isn't there is absent. */
import { execFile } from 'node:child_process';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { machine } from 'node:os';
import { join } from 'node:path';
import { isClockSynchronised } from '../system/service/clock.ts';
import type { ClockFacts } from './clock.ts';
import type { DiskFacts } from './disk.ts';
import type { PlatformFacts } from './platform.ts';
import type { PowerFacts } from './power.ts';
import type { ServiceFacts } from './service.ts';

/** @param root prefix of /proc, /etc and /run */
export async function platformFacts(root = '/'): Promise<PlatformFacts> {
  const system = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec((await text(join(root, 'etc/os-release'))) ?? '')?.[1];
  const board = await boardName(root);
  return {
    arch: process.arch,
    nodeVersion: process.versions.node,
    kernelArch: machine(),
    ...(system === undefined ? {} : { system }),
    ...(board === undefined ? {} : { board }),
  };
}

/** Such as Raspberry Pi 5 Model B Rev 1.0. */
export async function boardName(root = '/'): Promise<string | undefined> {
  return (await text(join(root, 'proc/device-tree/model')))?.replaceAll('\0', '').trim();
}

/** Milliamperes that the firmware of a Pi 5 negotiated: a big-endian cell of its device tree. */
export async function supplyMilliamperes(root = '/'): Promise<number | undefined> {
  const cell = await readFile(join(root, 'proc/device-tree/chosen/power/max_current')).catch(() => undefined);
  return cell?.length === 4 ? cell.readUInt32BE() : undefined;
}

/** Whether the limit of USB current is lifted now (device tree of a Pi 5), and whether config.txt lifts it at the next boot. */
export async function usbLimitFacts(root = '/'): Promise<Pick<PowerFacts, 'usbLimitLifted' | 'usbLimitConfigured'>> {
  const cell = await readFile(join(root, 'proc/device-tree/chosen/power/usb_max_current_enable')).catch(
    () => undefined,
  );
  const settings =
    (await text(join(root, 'boot/firmware/config.txt'))) ?? (await text(join(root, 'boot/config.txt'))) ?? '';
  // The last line wins. Sections of config.txt for other boards are rare and not looked at.
  const configured = [...settings.matchAll(/^\s*usb_max_current_enable\s*=\s*(\d)/gm)].at(-1)?.[1];
  return {
    ...(cell?.length === 4 ? { usbLimitLifted: cell.readUInt32BE() === 1 } : {}),
    ...(configured === undefined ? {} : { usbLimitConfigured: configured === '1' }),
  };
}

/** @param builtFile a file of goby's own, whose time no right clock is before */
export async function clockFacts(builtFile: string, root = '/'): Promise<ClockFacts> {
  const synchronised = await isClockSynchronised(root);
  const builtAtMs = await stat(builtFile).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  return { nowMs: Date.now(), builtAtMs, ...(synchronised === undefined ? {} : { synchronised }) };
}

/** @param writes whether this process would be the one that writes there */
export async function diskFacts(folder: string, writes: boolean): Promise<DiskFacts> {
  // The state folder is made at the first start: until then the disk of its parent is looked at.
  let measured = folder;
  while (!(await exists(measured)) && measured !== '/') measured = join(measured, '..');
  try {
    const { bsize, blocks, bavail } = await statfs(measured);
    const writable = await access(measured, constants.W_OK).then(
      () => true,
      () => false,
    );
    return { folder, totalBytes: blocks * bsize, freeBytes: bavail * bsize, ...(writes ? { writable } : {}) };
  } catch {
    return { folder };
  }
}

/** State of the unit, as systemctl tells; empty where there is no systemd or no unit. */
export async function unitFacts(): Promise<Pick<ServiceFacts, 'activeState' | 'lastExitCode' | 'restarts'>> {
  const properties = 'LoadState,ActiveState,ExecMainStatus,NRestarts';
  const answer = await output('systemctl', ['show', 'goby.service', `--property=${properties}`]);
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(answer ?? '')?.[1];
  const activeState = value('ActiveState');
  if (value('LoadState') !== 'loaded' || activeState === undefined) return {};
  return { activeState, lastExitCode: Number(value('ExecMainStatus')), restarts: Number(value('NRestarts')) };
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function text(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined);
}

/** What a program prints; undefined when it is missing, fails or takes more than 5 s. */
function output(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5000, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}
