/** Looks for Edge TPUs without opening them: USB ids in sysfs, and PCIe nodes in /dev. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EdgetpuDevice {
  readonly kind: 'usb' | 'pcie';
  /** `1a6e:089a` before its firmware is loaded, `18d1:9302` after; PCIe: the device node. */
  readonly name: string;
}

const usbIds = ['1a6e:089a', '18d1:9302'];

/** @param root prefix of /sys and /dev */
export function findEdgetpuDevices(root = '/'): EdgetpuDevice[] {
  const usb = names(join(root, 'sys/bus/usb/devices'))
    .map((name) => {
      const folder = join(root, 'sys/bus/usb/devices', name);
      return `${text(join(folder, 'idVendor'))}:${text(join(folder, 'idProduct'))}`;
    })
    .filter((id) => usbIds.includes(id));
  const pcie = names(join(root, 'dev')).filter((name) => /^apex_\d+$/.test(name));
  return [
    ...usb.map((name) => ({ kind: 'usb' as const, name })),
    ...pcie.map((name) => ({ kind: 'pcie' as const, name: `/dev/${name}` })),
  ];
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
