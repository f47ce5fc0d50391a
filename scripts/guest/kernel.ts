/** Debian's newest kernel with the modules a guest needs, unpacked from packages: no installation, nothing compiled. */
import { chmod, copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { cached } from './cache.ts';
import { type Architecture, DebianPackages } from './debian-packages.ts';
import { runProgram, Trouble } from './run-program.ts';

/** gpio-sim and vivid are in the backported kernel, and in no older one of Debian's. */
export const kernelSuite = 'trixie-backports';

/** What a guest loads before it can mount its root, in this order, and what it may load later. */
const modules: Record<Architecture, { early: readonly string[]; later: readonly string[] }> = {
  amd64: {
    early: ['virtio_pci', 'virtio_blk', 'ext4'],
    later: ['virtio_net', 'gpio-sim', 'vivid', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_utf8'],
  },
  arm64: {
    early: ['bcm2835', 'sdhci-iproc', 'mmc_block', 'ext4'],
    later: [
      'pinctrl-bcm2835',
      'gpio-sim',
      'vfat',
      'nls_cp437',
      'nls_ascii',
      'nls_utf8',
      'bcm2835_thermal',
      'raspberrypi-cpufreq',
      'phy-generic',
      'dwc2',
      'cdc_ether',
    ],
  },
};

export interface Kernel {
  readonly version: string;
  readonly image: string;
  readonly initrd: string;
  /** Tree to lay over a root: usr/lib/modules/VERSION. */
  readonly overlay: string;
  /** Device trees of Raspberry Pi boards; arm64 only. */
  readonly deviceTrees: string;
}

/** @throws Trouble when the packages can't be had */
export async function debianKernel(architecture: Architecture, rootDevice: string): Promise<Kernel> {
  const packages = await DebianPackages.open(kernelSuite, architecture);
  const meta = `linux-image-${architecture}`;
  const parts = [await packages.version(meta), rootDevice, JSON.stringify(modules[architecture]), init(rootDevice, [])];
  const stub = (await packages.dependencies(meta)).find((name) => /^linux-image-\d/.test(name));
  if (stub === undefined) throw new Trouble(`Debian's package ${meta} names no kernel.`);
  const version = stub.slice('linux-image-'.length);
  const folder = await cached(`kernel-${architecture}`, parts, async (making) => {
    const unpacked = join(making, 'unpacked');
    await mkdir(unpacked);
    const names = ['binary', 'modules', 'base'].map((part) => `linux-${part}-${version}`);
    await packages.unpack([...names, 'busybox-static'], unpacked);
    await layOut({ making, unpacked, version, architecture, rootDevice });
    await rm(unpacked, { recursive: true });
  });
  return {
    version,
    image: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd'),
    overlay: join(folder, 'overlay'),
    deviceTrees: join(folder, 'device-trees'),
  };
}

interface Layout {
  readonly making: string;
  readonly unpacked: string;
  readonly version: string;
  readonly architecture: Architecture;
  readonly rootDevice: string;
}

async function layOut({ making, unpacked, version, architecture, rootDevice }: Layout): Promise<void> {
  const tree = join(unpacked, 'usr/lib/modules', version);
  // modprobe and depmod look below lib, as it is in a whole system.
  await symlink('usr/lib', join(unpacked, 'lib')).catch(() => undefined);
  await copyFile(await fileNamed(unpacked, [`vmlinuz-${version}`, 'vmlinuz']), join(making, 'vmlinuz'));
  await runProgram('depmod', ['-b', unpacked, version]);
  const { early, later } = modules[architecture];
  const needed = await closure(unpacked, version, [...early, ...later]);
  const overlay = join(making, 'overlay/usr/lib/modules', version);
  for (const file of needed) {
    const target = join(overlay, relative(tree, file));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }
  for (const name of await readdir(tree)) {
    if (/^modules\.(builtin|order)/.test(name)) await copyFile(join(tree, name), join(overlay, name));
  }
  const root = join(making, 'overlay');
  await symlink('usr/lib', join(root, 'lib'));
  await runProgram('depmod', ['-b', root, version]);
  await rm(join(root, 'lib'));
  await makeInitrd({ making, unpacked, rootDevice, files: await closure(unpacked, version, early) });
  const boards = join(making, 'device-trees');
  await mkdir(boards);
  if (architecture === 'arm64') {
    const name = 'bcm2837-rpi-3-b.dtb';
    await copyFile(await fileNamed(unpacked, [name]), join(boards, name));
  }
}

/** Files of modules with all they need, in the order of loading. What is built in has no file. */
async function closure(unpacked: string, version: string, names: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const name of names) {
    const text = await runProgram('modprobe', ['-d', unpacked, '-S', version, '--show-depends', name]).catch(() => '');
    for (const [, file] of text.matchAll(/^insmod (\S+)/gm)) {
      const path = file!.replace(`${unpacked}/lib/`, `${unpacked}/usr/lib/`);
      if (!files.includes(path)) files.push(path);
    }
  }
  return files;
}

function init(rootDevice: string, names: readonly string[]): string {
  return `#!/bin/sh
# The guest's first program: loads what the root device needs, mounts it and hands over.
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
echo '<<the kernel is up>>' >/dev/console
for module in ${names.join(' ')}; do insmod "/modules/$module" 2>/dev/null; done
tries=0
while [ ! -b ${rootDevice} ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 600 ]; then echo "<<no ${rootDevice}>>"; exec sh; fi
  usleep 100000
done
mount -t ext4 -o rw ${rootDevice} /root || exec sh
umount /proc
exec switch_root /root /usr/lib/systemd/systemd
`;
}

async function makeInitrd(parts: {
  making: string;
  unpacked: string;
  rootDevice: string;
  files: readonly string[];
}): Promise<void> {
  const { making, unpacked, rootDevice, files } = parts;
  const tree = join(making, 'initrd-tree');
  for (const below of ['bin', 'sbin', 'dev', 'proc', 'root', 'modules'])
    await mkdir(join(tree, below), { recursive: true });
  await copyFile(join(unpacked, 'usr/bin/busybox'), join(tree, 'bin/busybox'));
  await chmod(join(tree, 'bin/busybox'), 0o755);
  for (const applet of ['sh', 'mount', 'umount', 'insmod', 'usleep', 'echo', 'switch_root'])
    await symlink('busybox', join(tree, 'bin', applet));
  const names: string[] = [];
  for (const file of files) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    const target = join(tree, 'modules', name);
    await copyFile(file, target);
    if (name.endsWith('.xz')) await runProgram('xz', ['-d', target]);
    names.push(name.replace(/\.xz$/, ''));
  }
  await writeFile(join(tree, 'init'), init(rootDevice, names), { mode: 0o755 });
  await runProgram('sh', ['-c', 'find . | cpio --quiet -o -H newc -R 0:0 >../initrd.cpio'], { cwd: tree });
  await rename(join(making, 'initrd.cpio'), join(making, 'initrd'));
  await rm(tree, { recursive: true });
}

/** The first file below a folder that has one of the names. */
async function fileNamed(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const found = await runProgram('find', [folder, '-type', 'f', '-name', name, '-print', '-quit']);
    if (found.trim() !== '') return found.trim();
  }
  throw new Trouble(`The kernel's packages hold no ${names.join(' or ')}.`);
}
