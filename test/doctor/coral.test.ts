/** A Coral on PCIe with its driver, and whether libedgetpu and the TensorFlow Lite library fit. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkCoralDriver } from '../../src/doctor/coral-driver.ts';
import { coralDriverFacts } from '../../src/doctor/coral-driver-facts.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { checkLibraryPair, edgetpuPackageOf } from '../../src/doctor/library-pair.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const line = (finding: Finding | undefined): string =>
  finding === undefined
    ? 'nothing'
    : `${finding.level}: ${[finding.sentence, finding.remedy].filter(Boolean).join(' ')}`;

/** Entries of a process's auxiliary vector: 3 is AT_PHDR, 6 AT_PAGESZ, 0 the end. */
function auxiliaryVector(pageBytes: bigint): Buffer {
  const words = [3n, 0xaaaa_0040n, 6n, pageBytes, 0n, 0n];
  return Buffer.concat(
    words.map((word) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(word);
      return bytes;
    }),
  );
}

const coral = {
  'sys/bus/pci/devices/0000:00:00.0/vendor': '0x14e4\n',
  'sys/bus/pci/devices/0000:00:00.0/device': '0x2712\n',
  'sys/bus/pci/devices/0000:01:00.0/vendor': '0x1ac1\n',
  'sys/bus/pci/devices/0000:01:00.0/device': '0x089a\n',
  'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
};
const driver = { 'sys/module/gasket/version': '1.0-18', 'sys/module/apex/refcnt': '0' };
const smallPages = { 'proc/self/auxv': auxiliaryVector(4096n) };
const overlays = { 'boot/firmware/config.txt': 'dtoverlay=pciex1-compat-pi5,no-mip\ndtoverlay=pcie-32bit-dma-pi5\n' };

async function told(t: ExecutionContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = temporaryFolder(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return line(checkCoralDriver(await coralDriverFacts(root)));
}

test('without a Coral on PCIe there is nothing to say', async (t) => {
  const { 'sys/bus/pci/devices/0000:00:00.0/vendor': other } = coral;
  t.is(await told(t, { 'sys/bus/pci/devices/0000:00:00.0/vendor': other, ...smallPages }), 'nothing');
  t.is(await told(t, {}), 'nothing');
});

test('each thing that a Coral on PCIe needs is told with its command, one after the other', async (t) => {
  t.regex(
    await told(t, { ...coral, ...driver, 'proc/self/auxv': auxiliaryVector(16_384n) }),
    /^fail: A Coral is on PCIe \(0000:01:00\.0\), but this kernel has pages of 16 kB.*'kernel=kernel8\.img.*config\.txt, then restart\./,
  );
  t.regex(
    await told(t, { ...coral, ...smallPages }),
    /^fail: .* its driver \(gasket and apex\) is not loaded\. Install gasket-dkms/,
  );
  t.regex(
    await told(t, {
      ...coral,
      ...smallPages,
      ...driver,
      'boot/firmware/config.txt': '#dtoverlay=pcie-32bit-dma-pi5\n',
    }),
    /^fail: .* there is no \/dev\/apex_0\. config\.txt lacks dtoverlay=pciex1-compat-pi5,no-mip and dtoverlay=pcie-32bit-dma-pi5/,
  );
  t.regex(
    await told(t, { ...coral, ...smallPages, ...driver, ...overlays }),
    /^fail: .* See why: sudo dmesg \| grep -i apex$/,
  );
  t.is(
    await told(t, { ...coral, ...smallPages, ...driver, ...overlays, 'dev/apex_0': '' }),
    'ok: A Coral is on PCIe (0000:01:00.0): /dev/apex_0, driver loaded, pages of 4 kB.',
  );
  t.regex(
    await told(t, {
      ...coral,
      ...smallPages,
      ...driver,
      'boot/config.txt': 'dtoverlay=pcie-32bit-dma-pi5',
      'dev/apex_0': '',
    }),
    /^warn: .* config\.txt lacks dtoverlay=pciex1-compat-pi5,no-mip\. printf/,
  );
  // Other boards need no overlay.
  t.regex(
    await told(t, {
      ...coral,
      ...smallPages,
      ...driver,
      'dev/apex_0': '',
      'proc/device-tree/model': 'Radxa ROCK 5B\0',
    }),
    /^ok/,
  );
});

test('two libraries are said to fit only where somebody knows it', (t) => {
  const pair = (edgetpuPackage: string, tensorflow: string, answers = false) =>
    line(checkLibraryPair({ edgetpuPackage, tensorflow, answers }));
  t.regex(
    pair('16.0tf2.17.1-1.trixie', '2.17.1'),
    /^ok: libedgetpu 16\.0tf2\.17\.1-1\.trixie was built for TensorFlow 2\.17\.1, .*Frigate ships this pair; untried with goby/,
  );
  t.regex(pair('16.0TF2.19.1-1.trixie', '2.19.1'), /^ok: .* fit by their numbers; untried with goby/);
  t.regex(
    pair('16.0tf2.17.1-1.trixie', '2.9.0'),
    /^warn: .* TensorFlow Lite here is 2\.9\.0: untried\. A golden inference decides\. .*docs\/coral\.md/,
  );
  t.regex(pair('16.0', '2.17.1'), /^warn: libedgetpu 16\.0 was built for TensorFlow 2\.5, .*users report crashes/);
  t.regex(pair('16.0', '2.9.0'), /^warn: .* untried/);
  t.regex(pair('16.0', '2.9.0', true), /^ok: .* a golden inference ran, so this pair works/);
  t.is(checkLibraryPair({ tensorflow: '2.9.0', answers: false }), undefined);
});

test('the version of libedgetpu is that of the package which is installed', (t) => {
  const status = [
    'Package: libedgetpu-dev\nStatus: install ok installed\nVersion: 1',
    'Package: libedgetpu1-max\nStatus: deinstall ok config-files\nVersion: 15.0',
    'Package: libedgetpu1-std\nStatus: install ok installed\nArchitecture: arm64\nVersion: 16.0tf2.17.1-1.trixie',
  ].join('\n\n');
  t.is(edgetpuPackageOf(status), '16.0tf2.17.1-1.trixie');
  t.is(edgetpuPackageOf('Package: bash\nStatus: install ok installed\nVersion: 5'), undefined);
});
