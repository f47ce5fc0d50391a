/** A card made from Debian packages alone, for QEMU's Raspberry Pi 3B: Debian's kernel beside its device tree, no firmware. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builders, debianRoot } from '../guest/debian-root.ts';
import { putIntoExt4 } from '../guest/ext4-files.ts';
import { debianKernel, type Kernel } from '../guest/kernel.ts';
import { missingPrograms, runProgram, Trouble } from '../guest/run-program.ts';
import { putOnBoot } from './boot-files.ts';
import type { OpenedImage } from './raspberry-pi-os.ts';

export const rootDevice = '/dev/mmcblk0p2';
const rootMiB = 700;
const bootMiB = 128;
const id = '0x676f6279';

/** The kernel of such a card. */
export function cardKernel(): Promise<Kernel> {
  return debianKernel('arm64', rootDevice);
}

/** Every card makes its own key at its first start; without one the SSH server fails. */
const hostKey = `[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -s /etc/ssh/ssh_host_ed25519_key || exec ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
ExecStartPre=/usr/sbin/sshd -t
`;

/** @throws Trouble when packages can't be had */
export async function openDebian(work: string, onStep: (note: string) => void): Promise<OpenedImage> {
  const needed = {
    ...builders,
    'qemu-aarch64-static': 'qemu-user-static',
    'arch-test': 'arch-test',
    'mkfs.vfat': 'dosfstools',
  };
  const missing = await missingPrograms(Object.keys(needed));
  if (missing.length > 0) {
    const packages = missing.map((program) => needed[program as keyof typeof needed]);
    throw new Trouble(
      `Programs are missing: ${missing.join(', ')}. Mend: sudo apt install ${[...new Set(packages)].join(' ')}`,
    );
  }
  onStep('kernel');
  const kernel = await cardKernel();
  const root = await debianRoot({ architecture: 'arm64', kernel, sizeMiB: rootMiB, onStep });
  const rootImage = join(work, 'root.ext4');
  const bootImage = join(work, 'boot.fat');
  await copyFile(root, rootImage);
  await runProgram('truncate', ['-s', `${bootMiB}M`, bootImage]);
  await runProgram('mkfs.vfat', ['-F', '32', '-n', 'BOOTFS', bootImage]);
  await putOnBoot(bootImage, 'vmlinuz', { file: kernel.image });
  await putOnBoot(bootImage, 'initrd', { file: kernel.initrd });
  await putOnBoot(bootImage, 'bcm2837-rpi-3-b.dtb', { file: join(kernel.deviceTrees, 'bcm2837-rpi-3-b.dtb') });
  await putOnBoot(
    bootImage,
    'FOR-THE-EMULATOR.txt',
    'This card was made from Debian packages for QEMU (scripts/try-on-pi).\nIt has no firmware for a Raspberry Pi and no rpicam-apps: for a board, give scripts/image a Raspberry Pi OS image.\n',
  );
  await putIntoExt4(rootImage, [
    {
      path: '/etc/fstab',
      content: '/dev/mmcblk0p1 /boot/firmware vfat defaults 0 2\n/dev/mmcblk0p2 / ext4 defaults,noatime 0 1\n',
    },
    { path: '/boot/firmware/.keep', content: '' },
    { path: '/etc/systemd/system/ssh.service.d/host-key.conf', content: hostKey },
  ]);
  const none = { start: 0, size: 0 };
  return {
    ...{ id, boot: none, root: none, bootImage, rootImage },
    mountPoint: '/boot/firmware',
    name: 'Debian, for the emulator',
    growsItself: false,
  };
}
