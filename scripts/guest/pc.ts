/** The x86-64 guest of the end-to-end tests: prepared once, then a fresh disk for each machine. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheFolder, exists } from './cache.ts';
import { builders, debianRoot } from './debian-root.ts';
import { type NewFile, type NewLink, putIntoExt4 } from './ext4-files.ts';
import { consoleFiles } from './guest-console.ts';
import { debianKernel, type Kernel } from './kernel.ts';
import { consoleOf, Machine, type MachineOptions, qemuOf } from './machine.ts';
import { missingPrograms, runProgram, Trouble } from './run-program.ts';

export interface PreparedGuest {
  readonly kernel: Kernel;
  /** ext4 image to copy. */
  readonly root: string;
}

const rootDevice = '/dev/vda';
const sizeMiB = 1536;

/** Names what `prepareGuest` made, so that tests can be declared without waiting for it. */
export const preparedFile = join(cacheFolder(), 'guest.json');

/** @throws Trouble with what is missing */
export async function prepareGuest(onStep?: (note: string) => void): Promise<PreparedGuest> {
  const missing = await missingPrograms([qemuOf.q35, ...Object.keys(builders)]);
  if (missing.length > 0) {
    throw new Trouble(
      `Programs are missing: ${missing.join(', ')}. Debian has them: sudo apt install qemu-system-x86 mmdebstrap e2fsprogs kmod cpio xz-utils`,
    );
  }
  await rm(preparedFile, { force: true });
  onStep?.('kernel');
  const kernel = await debianKernel('amd64', rootDevice);
  const root = await debianRoot({ architecture: 'amd64', kernel, sizeMiB, onStep });
  const guest = { kernel, root };
  await mkdir(cacheFolder(), { recursive: true });
  await writeFile(preparedFile, JSON.stringify(guest));
  return guest;
}

/** The prepared guest, or undefined where there is none. */
export async function preparedGuest(): Promise<PreparedGuest | undefined> {
  const text = await readFile(preparedFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const guest = JSON.parse(text) as PreparedGuest;
  return (await exists(guest.root)) && (await exists(guest.kernel.image)) ? guest : undefined;
}

/** A fresh disk with files of the test's own. */
export async function makeDisk(
  guest: PreparedGuest,
  disk: string,
  files: readonly (NewFile | NewLink)[],
): Promise<void> {
  await runProgram('cp', ['--sparse=always', guest.root, disk]);
  await putIntoExt4(disk, [...consoleFiles(consoleOf.q35), ...files]);
}

export function startPc(
  guest: PreparedGuest,
  options: Pick<MachineOptions, 'disk' | 'mqttPort' | 'cache' | 'append'>,
): Promise<Machine> {
  const { image, initrd } = guest.kernel;
  return Machine.start({ kind: 'q35', kernel: image, initrd, rootDevice, ...options });
}

/** goby's package for the guest, built from this checkout where its sources have changed. */
export async function gobyPackage(
  repository: string,
  architecture: 'amd64' | 'arm64',
  onStep?: (note: string) => void,
): Promise<string> {
  const head = (await runProgram('git', ['-C', repository, 'rev-parse', 'HEAD'])).trim();
  const changes = await runProgram('git', ['-C', repository, 'status', '--porcelain']);
  const folder = await cached(`package-${architecture}`, [head, changes], async (making) => {
    onStep?.(`goby's package for ${architecture}`);
    const args = ['--arch', architecture, '--fast', '--output', making];
    await runProgram(join(repository, 'scripts/package'), args, { onLine: (line) => onStep?.(line.slice(0, 60)) });
  });
  const name = (await runProgram('ls', [folder])).split('\n').find((one) => one.endsWith(`_${architecture}.deb`));
  if (name === undefined) throw new Trouble(`scripts/package left no package in ${folder}.`);
  return join(folder, name);
}
