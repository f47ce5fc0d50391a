/** What makes a card a goby card: the package, and services that install it and read goby.txt at the first start. */
import type { NewFile, NewLink } from '../guest/ext4-files.ts';

export interface GobyFilesOptions {
  readonly deb: string;
  /** Where the boot partition is mounted. */
  readonly boot: '/boot/firmware' | '/boot';
  /** Raspberry Pi OS grows its root file system itself. */
  readonly grows: boolean;
}

export const debPath = '/var/lib/goby-image/goby.deb';

/** Text of these files lies in systemd/, beside the agent's own unit. */
export function gobyFiles(units: string, { deb, boot, grows }: GobyFilesOptions): (NewFile | NewLink)[] {
  const wanted = (unit: string, target: string): NewLink => ({
    path: `/etc/systemd/system/${target}.wants/${unit}`,
    target: `/etc/systemd/system/${unit}`,
  });
  return [
    { path: debPath, content: { file: deb } },
    { path: '/usr/lib/goby-image/first-boot', content: { file: `${units}/goby-first-boot` }, mode: 0o755 },
    { path: '/etc/systemd/system/goby-first-boot.service', content: { file: `${units}/goby-first-boot.service` } },
    wanted('goby-first-boot.service', 'multi-user.target'),
    { path: '/etc/default/goby-first-boot', content: `BOOT=${boot}\nGROW=${grows ? 'yes' : 'no'}\n` },
    // Low wear: the journal in memory, written to the card by nobody.
    { path: '/etc/systemd/journald.conf.d/50-goby.conf', content: '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' },
    // Every card makes its own identity when it starts for the first time.
    { path: '/etc/machine-id', content: '' },
  ];
}
