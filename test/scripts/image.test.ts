/** scripts/image on a small image of the same make as Raspberry Pi OS: FAT and ext4 behind a partition table. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { presentPaths, putIntoExt4, readFromExt4 } from '../../scripts/guest/ext4-files.ts';
import { putOnBoot, readFromBoot } from '../../scripts/sd-card/boot-files.ts';
import { assemble, extract, readLayout } from '../../scripts/sd-card/partitions.ts';
import { wantSpace } from '../../scripts/sd-card/raspberry-pi-os.ts';
import { places, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
process.env['PATH'] = env.PATH;

const needs = ['mcopy', 'mkfs.vfat', 'mkfs.ext4', 'debugfs', 'sfdisk', 'xz'].map(
  (name) => ({ kind: 'program', name }) as const,
);

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function image(args: readonly string[]): Promise<Outcome> {
  const program = ['--import', 'tsx', 'scripts/sd-card/main.ts', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, program, { cwd: places.root, env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr }),
    );
  });
}

interface Bench {
  readonly folder: string;
  readonly source: string;
  readonly deb: string;
  readonly output: string;
}

async function bench(t: ExecutionContext, architecture = 'arm64'): Promise<Bench> {
  const folder = temporaryFolder(t);
  const boot = join(folder, 'boot.fat');
  const root = join(folder, 'root.ext4');
  await run('truncate', ['-s', '34M', boot]);
  await run('mkfs.vfat', ['-F', '32', boot], { env });
  await putOnBoot(boot, 'cmdline.txt', 'root=PARTUUID=1234abcd-02 rootwait\n');
  await run('truncate', ['-s', '24M', root]);
  await run('mkfs.ext4', ['-q', '-F', root], { env });
  await putIntoExt4(root, [
    { path: '/usr/lib/os-release', content: 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n' },
    {
      path: '/var/lib/dpkg/status',
      content: `Package: libc6\nArchitecture: all\n\nPackage: dpkg\nStatus: install ok installed\nArchitecture: ${architecture}\n`,
    },
    { path: '/etc/fstab', content: 'PARTUUID=1234abcd-01 /boot/firmware vfat defaults 0 2\n' },
    { path: '/etc/machine-id', content: 'deadbeefdeadbeefdeadbeefdeadbeef\n' },
    { path: '/usr/lib/raspberrypi-sys-mods/firstboot', content: '#!/bin/sh\n', mode: 0o755 },
  ]);
  const source = join(folder, 'raspios.img');
  await assemble({ id: '0x1234abcd', boot, root, to: source });
  const deb = join(folder, 'goby.deb');
  writeFileSync(deb, Buffer.alloc(3_000_000, 'not a package, but its size counts'));
  mkdirSync(join(folder, 'out'));
  return { folder, source, deb, output: join(folder, 'out', 'card.img') };
}

testRequiring(
  needs,
  'a Raspberry Pi OS image gets the package, its first boot and goby.txt, and keeps the rest',
  async (t) => {
    t.timeout(240_000);
    const { folder, source, deb, output } = await bench(t);
    const settings = join(folder, 'my-goby.txt');
    writeFileSync(settings, 'device_name = Shed\n');
    await run('xz', ['--keep', '-0', source]);
    const { code, output: said } = await image([
      `${source}.xz`,
      '--deb',
      deb,
      '--output',
      output,
      '--settings',
      settings,
    ]);
    t.is(code, 0, said);
    t.regex(said, /card\.img: \d+ MiB, Debian GNU\/Linux 13 \(trixie\), with goby/);
    t.deepEqual(readdirSync(join(folder, 'out')), ['card.img'], 'nothing but the image is left');

    const layout = await readLayout(output);
    t.is(layout.id, '0x1234abcd', 'PARTUUIDs on the kernel command line still hold');
    const boot = join(folder, 'new-boot.fat');
    const root = join(folder, 'new-root.ext4');
    await extract(output, layout.boot, boot);
    await extract(output, layout.root, root);
    await run('e2fsck', ['-f', '-n', root], { env });
    t.is(await readFromBoot(boot, 'goby.txt'), 'device_name = Shed\n');
    t.is(await readFromBoot(boot, 'cmdline.txt'), 'root=PARTUUID=1234abcd-02 rootwait\n');
    t.is(await readFromExt4(root, '/etc/machine-id'), '', 'every card makes its own');
    t.is(await readFromExt4(root, '/etc/default/goby-first-boot'), 'BOOT=/boot/firmware\nGROW=no\n');
    t.regex((await readFromExt4(root, '/etc/systemd/journald.conf.d/50-goby.conf')) ?? '', /Storage=volatile/);
    t.is(
      await readFromExt4(root, '/etc/systemd/system/goby-first-boot.service'),
      readFileSync(join(places.root, 'systemd/goby-first-boot.service'), 'utf8'),
    );
    const copy = join(folder, 'copy.deb');
    await run('debugfs', ['-R', `dump /var/lib/goby-image/goby.deb ${copy}`, root], { env });
    t.is(hash(copy), hash(deb), 'the root file system grew where the package needed it');
    const wanted = '/etc/systemd/system/multi-user.target.wants/goby-first-boot.service';
    t.true((await presentPaths(root, [wanted])).has(wanted));
  },
);

testRequiring(
  needs,
  'a 32-bit image, a file that is none, a cut-off download and a missing one: a sentence each, nothing made',
  async (t) => {
    t.timeout(240_000);
    const { folder, source, deb, output } = await bench(t, 'armhf');
    const none = join(folder, 'none.img');
    writeFileSync(none, 'text '.repeat(1000));
    const cut = join(folder, 'cut.img.xz');
    await run('xz', ['--keep', '-0', source]);
    writeFileSync(cut, readFileSync(`${source}.xz`).subarray(0, 5000));
    for (const [file, sentence] of [
      [source, /is a 32-bit system \(Debian.*\); goby needs Raspberry Pi OS Lite \(64-bit\)/],
      [none, /none\.img is not an image: expected .*, found a file without a partition table/],
      [cut, /cut\.img\.xz is damaged, or not downloaded to its end/],
      [join(folder, 'absent.img'), /There is no image .*absent\.img/],
    ] as const) {
      const { code, output: said } = await image([file, '--deb', deb, '--output', output]);
      t.is(code, 1, said);
      t.regex(said, sentence);
      t.notRegex(said, /\n\s+at /, 'no stack trace');
      t.deepEqual(readdirSync(join(folder, 'out')), []);
    }
  },
);

testRequiring(needs, 'an image that is there is kept, and options that mean nothing are told', async (t) => {
  t.timeout(120_000);
  const { source, deb, output } = await bench(t);
  writeFileSync(output, 'mine');
  const kept = await image([source, '--deb', deb, '--output', output]);
  t.is(kept.code, 1);
  t.regex(kept.output, /is there already; --force replaces it/);
  t.is(readFileSync(output, 'utf8'), 'mine');
  t.regex((await image([])).output, /Name one Raspberry Pi OS image, or --debian\./);
  t.regex((await image([source, '--debain'])).output, /Unknown option '--debain'/);
  t.regex((await image([source, '--deb', `${deb}.absent`, '--output', `${output}2`])).output, /There is no package/);
});

testRequiring([], 'too little space is told with both numbers', async (t) => {
  const error = await t.throwsAsync(wantSpace(temporaryFolder(t), 2 ** 60));
  t.regex(
    error?.message ?? '',
    /There is not enough space on the disk of .*: \d+ MiB are free, 1099511627776 MiB are needed\./,
  );
});

function hash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
