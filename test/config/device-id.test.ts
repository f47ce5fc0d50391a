import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { identifyDevice } from '../../src/config/device-id.ts';
import { temporaryFolderOfFile } from '../temporary-folder.ts';

const folder = temporaryFolderOfFile();

function machineWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(folder, 'root-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const machineId = { 'etc/machine-id': `${'0123456789abcdef'.repeat(2)}\n` };

test('a machine without serial number and machine id asks for device.id', (t) => {
  t.throws(() => identifyDevice({}, machineWith({})), { message: /device\.id.*Example/ });
});

test('a configured id wins over the board', (t) => {
  t.is(identifyDevice({ id: 'front' }, machineWith(machineId)).id, 'front');
});

test("a board's serial number wins over the machine id", (t) => {
  const root = machineWith({ ...machineId, 'proc/device-tree/serial-number': '10000000a1b2c3d4\0' });
  t.is(identifyDevice({}, root).id, 'pi-a1b2c3d4');
});

test('a serial number of zeros is none', (t) => {
  const root = machineWith({ ...machineId, 'proc/device-tree/serial-number': '0000000000000000\0' });
  t.regex(identifyDevice({}, root).id, /^goby-[0-9a-f]{8}$/);
});

test('the machine id itself never shows', (t) => {
  t.false(identifyDevice({}, machineWith(machineId)).id.includes('0123456'));
});
