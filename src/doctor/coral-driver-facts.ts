/** Facts about a Coral on PCIe, from sysfs and /proc alone: nothing is opened. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoralDriverFacts } from './coral-driver.ts';
import { boardName, exists } from './host-facts.ts';

/** Global Unichip Corp., Coral Edge TPU. */
const pcieId = { vendor: '0x1ac1', device: '0x089a' } as const;
/** AT_PAGESZ of <elf.h>. */
const pageSizeEntry = 6n;

/** @param root prefix of /sys, /dev, /proc and /boot */
export async function coralDriverFacts(root = '/'): Promise<CoralDriverFacts> {
  const folder = join(root, 'sys/bus/pci/devices');
  const text = (...path: string[]) => readFile(join(root, ...path), 'utf8').catch(() => undefined);
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const id = (file: string) => text('sys/bus/pci/devices', name, file).then((value) => value?.trim());
      return (await id('vendor')) === pcieId.vendor && (await id('device')) === pcieId.device;
    }),
  );
  const nodes = (await readdir(join(root, 'dev')).catch(() => [])).filter((name) => /^apex_\d+$/.test(name));
  const board = await boardName(root);
  const bootSettings = (await text('boot/firmware/config.txt')) ?? (await text('boot/config.txt'));
  const pageBytes = pageBytesOf(await readFile(join(root, 'proc/self/auxv')).catch(() => undefined));
  return {
    pcieDevices: names.filter((_, at) => found[at]),
    driverLoaded: (await exists(join(root, 'sys/module/apex'))) && (await exists(join(root, 'sys/module/gasket'))),
    nodes: nodes.map((name) => `/dev/${name}`),
    ...(pageBytes === undefined ? {} : { pageBytes }),
    ...(board === undefined ? {} : { board }),
    ...(bootSettings === undefined ? {} : { bootSettings }),
  };
}

/** The kernel hands each process a list of pairs of 64-bit words: what it is, and its value. */
function pageBytesOf(vector: Buffer | undefined): number | undefined {
  for (let at = 0; vector !== undefined && at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === pageSizeEntry) return Number(vector.readBigUInt64LE(at + 8));
  }
  return undefined;
}
