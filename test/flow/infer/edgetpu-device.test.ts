/** An Edge TPU is told by what the kernel shows, without opening it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findEdgetpuDevices } from '../../../src/flow/infer/edgetpu-device.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

function usbDevice(root: string, name: string, idVendor: string, idProduct: string): void {
  const folder = join(root, 'sys/bus/usb/devices', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'idVendor'), `${idVendor}\n`);
  writeFileSync(join(folder, 'idProduct'), `${idProduct}\n`);
}

test('none on a bare system, nor among other devices', (t) => {
  const root = temporaryFolder(t);
  t.deepEqual(findEdgetpuDevices(root), []);
  usbDevice(root, '1-1', '1d6b', '0002');
  mkdirSync(join(root, 'sys/bus/usb/devices/usb1'));
  mkdirSync(join(root, 'dev'));
  writeFileSync(join(root, 'dev/apexes'), '');
  t.deepEqual(findEdgetpuDevices(root), []);
});

for (const [when, vendor, product] of [
  ['before its firmware is loaded', '1a6e', '089a'],
  ['after its firmware is loaded', '18d1', '9302'],
] as const) {
  test(`the USB stick ${when}`, (t) => {
    const root = temporaryFolder(t);
    usbDevice(root, '2-1', vendor, product);
    t.deepEqual(findEdgetpuDevices(root), [{ kind: 'usb', name: `${vendor}:${product}` }]);
  });
}

test('the PCIe card', (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'dev'));
  writeFileSync(join(root, 'dev/apex_0'), '');
  t.deepEqual(findEdgetpuDevices(root), [{ kind: 'pcie', name: '/dev/apex_0' }]);
});
