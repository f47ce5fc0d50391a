/** Debian's userland for a guest as an ext4 file system with a journal, built by mmdebstrap from packages. */
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, repository } from './cache.ts';
import { debianMirror } from './debian-mirror.ts';
import { type Architecture, DebianPackages } from './debian-packages.ts';
import type { Kernel } from './kernel.ts';
import { runProgram } from './run-program.ts';

const suite = 'trixie';

const packages: Record<Architecture, readonly string[]> = {
  amd64: ['v4l-utils', 'ffmpeg'],
  arm64: ['openssh-server', 'fdisk', 'tzdata'],
};

/** Of every guest. */
const basics = [
  'systemd',
  'systemd-sysv',
  'udev',
  'kmod',
  'dbus',
  'gpiod',
  'mosquitto',
  'mosquitto-clients',
  'ca-certificates',
  'procps',
  'iproute2',
];

const options = [
  ...['--mode=root', '--variant=apt'],
  `--aptopt=APT::Install-Recommends "false"`,
  ...['doc', 'locale', 'man'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
];

export interface DebianRootOptions {
  readonly architecture: Architecture;
  readonly kernel: Kernel;
  readonly sizeMiB: number;
  /** Called with a short note at each step. */
  readonly onStep?: ((note: string) => void) | undefined;
}

/** Programs of the machine that building needs, by Debian package. */
export const builders = {
  mmdebstrap: 'mmdebstrap',
  'mkfs.ext4': 'e2fsprogs',
  debugfs: 'e2fsprogs',
  depmod: 'kmod',
  cpio: 'cpio',
  xz: 'xz-utils',
  unshare: 'util-linux',
} as const;

/**
 * The path of an ext4 image in the cache; copy it, then change the copy.
 * @throws Trouble when packages can't be had or a program is missing
 */
export async function debianRoot({ architecture, kernel, sizeMiB, onStep }: DebianRootOptions): Promise<string> {
  const names = [...basics, ...packages[architecture]];
  const index = await DebianPackages.open(suite, architecture);
  // A point release moves base-files; the others bring what the tests stand on.
  const versions = await Promise.all(['base-files', 'systemd', 'mosquitto'].map((name) => index.version(name)));
  const tar = await cached(`root-${architecture}`, [...versions, ...names, ...options], async (making) => {
    onStep?.(`Debian ${suite} for ${architecture}: ${names.length} packages and what they need`);
    const emulated = architecture === 'arm64' ? ['--arm64'] : [];
    await runProgram(
      join(repository, 'scripts/guest/as-root'),
      [
        ...emulated,
        ...['mmdebstrap', `--architectures=${architecture}`, ...options, `--include=${names.join(',')}`],
        ...[suite, join(making, 'root.tar'), debianMirror()],
      ],
      { onLine: (line) => onStep?.(line.replace(/^I: /, '').slice(0, 60)) },
    );
  });
  const parts = [tar, kernel.overlay, String(sizeMiB), fileTable, assemble];
  const folder = await cached(`disk-${architecture}`, parts, async (making) => {
    onStep?.('file system');
    await makeExt4({ tar: join(tar, 'root.tar'), kernel, sizeMiB, making });
  });
  return join(folder, 'root.ext4');
}

/** What a device needs that Debian's packages leave to an installer. */
const fileTable = '# Filled by the image builder.\n';

/**
 * Tree, archive, overlay, image. Ownership of the archive's files needs root, or a namespace's root, from unpacking to mkfs.
 * systemd-firstboot would ask questions on the console, and the hardware database costs 13 s of an emulated boot.
 */
const assemble = `set -e
mkdir "$1"
tar -C "$1" --numeric-owner -xf "$2" --exclude='./dev/*'
cp -R --no-preserve=ownership "$3"/. "$1"/
chown -R 0:0 "$1/etc/fstab" "$1/etc/hosts" "$1/etc/hostname" "$1/etc/machine-id" "$1/usr/lib/modules"
rm -f "$1"/etc/ssh/ssh_host_*
for unit in systemd-hwdb-update systemd-firstboot; do ln -sf /dev/null "$1/etc/systemd/system/$unit.service"; done
mkfs.ext4 -q -F -L rootfs -d "$1" "$4"
rm -rf "$1"`;

async function makeExt4(parts: { tar: string; kernel: Kernel; sizeMiB: number; making: string }): Promise<void> {
  const { tar, kernel, sizeMiB, making } = parts;
  const tree = join(making, 'tree');
  const overlay = join(making, 'overlay');
  await mkdir(join(overlay, 'etc/systemd/system'), { recursive: true });
  await writeFile(join(overlay, 'etc/fstab'), fileTable);
  await writeFile(join(overlay, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  await writeFile(join(overlay, 'etc/hostname'), 'goby\n');
  // Every card makes its own at its first boot.
  await writeFile(join(overlay, 'etc/machine-id'), 'uninitialized\n');
  if ((await readdir(kernel.overlay)).length > 0) await cp(kernel.overlay, overlay, { recursive: true });
  const image = join(making, 'root.ext4');
  await runProgram('truncate', ['-s', `${sizeMiB}M`, image]);
  await runProgram(join(repository, 'scripts/guest/as-root'), ['sh', '-c', assemble, 'sh', tree, tar, overlay, image]);
  await rm(overlay, { recursive: true });
}
