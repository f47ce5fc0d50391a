/** The x86-64 guest of the end-to-end tests: prepared once, then a fresh disk for each machine. */
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

/** @throws Trouble with what is missing */
export async function prepareGuest(onStep?: (note: string) => void): Promise<PreparedGuest> {
  const missing = await missingPrograms([qemuOf.q35, ...Object.keys(builders)]);
  if (missing.length > 0) {
    throw new Trouble(
      `Programs are missing: ${missing.join(', ')}. Debian has them: sudo apt install qemu-system-x86 mmdebstrap e2fsprogs kmod cpio xz-utils`,
    );
  }
  onStep?.('kernel');
  const kernel = await debianKernel('amd64', rootDevice);
  const root = await debianRoot({ architecture: 'amd64', kernel, sizeMiB, onStep });
  return { kernel, root };
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

/** An emulated kernel needs some ten seconds to its first program; this is for a machine with ten times too much to do. */
const kernelMs = 120_000;
const attempts = 3;

/**
 * A PC that takes commands. With more than one processor QEMU's emulation may trip where the kernel patches its own code:
 * of some thirty kernels one hung and one panicked in their first seconds, before they had touched the disk. Then another is
 * started.
 * @throws Trouble
 */
export async function startPc(
  guest: PreparedGuest,
  options: Pick<MachineOptions, 'disk' | 'mqttPort' | 'cache' | 'append'>,
  onStep?: (note: string) => void,
): Promise<Machine> {
  const { image, initrd } = guest.kernel;
  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const machine = await Machine.start({ kind: 'q35', kernel: image, initrd, rootDevice, ...options });
    try {
      await machine.console.kernel(kernelMs);
      await machine.console.ready();
      return machine;
    } catch (error) {
      await machine.kill();
      reason = error instanceof Error ? error.message : String(error);
      onStep?.(`the guest did not start; QEMU is started again. ${reason}`);
    }
  }
  throw new Trouble(`The guest did not start in ${attempts} attempts: ${reason}`);
}
