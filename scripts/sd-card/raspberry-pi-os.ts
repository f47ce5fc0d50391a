/** A downloaded Raspberry Pi OS image, taken apart: what it is, and whether goby can live on it. */
import { open, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { presentPaths, readFromExt4 } from '../guest/ext4-files.ts';
import { runProgram, Trouble } from '../guest/run-program.ts';
import { type CardLayout, extract, readLayout, sectorBytes } from './partitions.ts';

export interface OpenedImage extends CardLayout {
  /** FAT image of the boot partition. */
  readonly bootImage: string;
  /** ext4 image of the root partition. */
  readonly rootImage: string;
  readonly mountPoint: '/boot/firmware' | '/boot';
  readonly name: string;
  /** It grows its root file system itself. */
  readonly growsItself: boolean;
}

/** @throws Trouble in a sentence when the file is no image, not 64-bit, or the disk is too small */
export async function openImage(source: string, work: string, onStep: (note: string) => void): Promise<OpenedImage> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw new Trouble(`There is no image ${source}.`);
  const image = (await isXz(source)) ? await unpack(source, work, onStep) : source;
  const layout = await readLayout(image);
  await wantSpace(work, 2 * layout.root.size * sectorBytes);
  const bootImage = join(work, 'boot.fat');
  const rootImage = join(work, 'root.ext4');
  onStep('taking the partitions apart');
  await extract(image, layout.boot, bootImage);
  await extract(image, layout.root, rootImage);
  await runProgram('e2fsck', ['-p', rootImage]).catch(() => {
    throw new Trouble(`The root file system of ${source} is damaged: download the image again.`);
  });
  return { ...layout, bootImage, rootImage, ...(await lookInto(source, rootImage)) };
}

async function lookInto(
  source: string,
  root: string,
): Promise<Pick<OpenedImage, 'mountPoint' | 'name' | 'growsItself'>> {
  const release = (await readFromExt4(root, '/usr/lib/os-release')) ?? '';
  const name = /^PRETTY_NAME="(.*)"$/m.exec(release)?.[1];
  if (name === undefined)
    throw new Trouble(`${source} holds no Linux system that tells its name (/usr/lib/os-release).`);
  const architecture =
    (await readFromExt4(root, '/var/lib/dpkg/arch-native')) ??
    nativeArchitecture((await readFromExt4(root, '/var/lib/dpkg/status')) ?? '');
  if (architecture.trim() !== 'arm64') {
    const bits =
      architecture.trim() === 'armhf' ? 'a 32-bit system' : `for ${architecture.trim() || 'an unknown architecture'}`;
    throw new Trouble(`${source} is ${bits} (${name}); goby needs Raspberry Pi OS Lite (64-bit).`);
  }
  const table = (await readFromExt4(root, '/etc/fstab')) ?? '';
  const present = await presentPaths(root, [
    '/usr/lib/raspberrypi-sys-mods/firstboot',
    '/usr/lib/systemd/system/rpi-resize.service',
  ]);
  return {
    name,
    mountPoint: /\s\/boot\/firmware\s/.test(table) ? '/boot/firmware' : '/boot',
    growsItself: present.size > 0,
  };
}

/** Of the package manager itself, which is always of the system's own architecture. */
function nativeArchitecture(status: string): string {
  const paragraph = status.split('\n\n').find((one) => /^Package: dpkg$/m.test(one)) ?? '';
  return /^Architecture: (\S+)$/m.exec(paragraph)?.[1] ?? '';
}

async function isXz(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  const head = Buffer.alloc(6);
  await handle.read(head, 0, 6, 0);
  await handle.close();
  return head.equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]));
}

async function unpack(source: string, work: string, onStep: (note: string) => void): Promise<string> {
  const list = await runProgram('xz', ['--robot', '--list', source]).catch(() => {
    throw new Trouble(`${source} is damaged, or not downloaded to its end: xz can't read it.`);
  });
  const bytes = Number(/^totals\t\d+\t\d+\t\d+\t(\d+)/m.exec(list)?.[1]);
  await wantSpace(work, 2 * bytes);
  onStep(`unpacking ${Math.round(bytes / 2 ** 20)} MiB`);
  const image = join(work, 'unpacked.img');
  await runProgram('sh', ['-c', 'exec xz --decompress --stdout "$1" >"$2"', 'sh', source, image]).catch(() => {
    throw new Trouble(`${source} is damaged, or not downloaded to its end: xz can't unpack it.`);
  });
  return image;
}

/** @throws Trouble when the folder's disk has less */
export async function wantSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const mib = (count: number): number => Math.ceil(count / 2 ** 20);
  throw new Trouble(
    `There is not enough space on the disk of ${folder}: ${mib(bavail * bsize)} MiB are free, ${mib(bytes)} MiB are needed. Name an --output on another disk.`,
  );
}
