/** Is an Edge TPU plugged in? Decides which model is the default; nothing is opened. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Coral stick before its firmware is loaded, and after. */
const usbIds = ['1a6e:089a', '18d1:9302'];

/** @param root where /dev and /sys lie; another folder in tests */
export function isEdgetpuPresent(root = '/'): boolean {
  if (names(join(root, 'dev')).some((name) => /^apex_\d+$/.test(name))) return true;
  const devices = join(root, 'sys/bus/usb/devices');
  return names(devices).some((name) =>
    usbIds.includes(`${text(join(devices, name, 'idVendor'))}:${text(join(devices, name, 'idProduct'))}`),
  );
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
