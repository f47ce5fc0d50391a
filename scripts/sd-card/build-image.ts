/** Puts goby on the two partitions of a card and writes the image: whole or not at all. */
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repository } from '../guest/cache.ts';
import { putIntoExt4 } from '../guest/ext4-files.ts';
import { missingPrograms, runProgram, Trouble } from '../guest/run-program.ts';
import { putOnBoot } from './boot-files.ts';
import { openDebian } from './debian-card.ts';
import { gobyFiles } from './goby-files.ts';
import { assemble } from './partitions.ts';
import { type OpenedImage, openImage, wantSpace } from './raspberry-pi-os.ts';

export interface BuildOptions {
  /** Raspberry Pi OS image; absent: Debian for the emulator. */
  readonly source?: string;
  readonly output: string;
  readonly deb: string;
  /** Content of goby.txt; absent: the commented example. */
  readonly settings?: string;
  readonly force: boolean;
  readonly onStep: (note: string) => void;
}

const programs = {
  debugfs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  resize2fs: 'e2fsprogs',
  mcopy: 'mtools',
  sfdisk: 'fdisk',
  xz: 'xz-utils',
};
/** dpkg unpacks beside the package, and the system wants some air. */
const roomFactor = 4;
const airBytes = 64 * 2 ** 20;

/** @throws Trouble, and then no output was made */
export async function buildImage(options: BuildOptions): Promise<{ base: string; bytes: number }> {
  const { source, output, deb, settings, force, onStep } = options;
  const missing = await missingPrograms(Object.keys(programs));
  if (missing.length > 0) {
    const names = [...new Set(missing.map((program) => programs[program as keyof typeof programs]))];
    throw new Trouble(`Programs are missing: ${missing.join(', ')}. Mend: sudo apt install ${names.join(' ')}`);
  }
  if (!force && (await isThere(output))) throw new Trouble(`${output} is there already; --force replaces it.`);
  if (!(await isThere(deb))) throw new Trouble(`There is no package ${deb}: scripts/package makes one.`);
  await mkdir(dirname(output), { recursive: true });
  const work = await mkdtemp(join(dirname(output), '.goby-image-'));
  try {
    const opened = source === undefined ? await openDebian(work, onStep) : await openImage(source, work, onStep);
    await makeRoom(opened.rootImage, (await stat(deb)).size * roomFactor + airBytes, work);
    onStep('putting goby on it');
    const { mountPoint, growsItself } = opened;
    await putIntoExt4(
      opened.rootImage,
      gobyFiles(join(repository, 'systemd'), { deb, boot: mountPoint, grows: !growsItself }),
    );
    await putOnBoot(
      opened.bootImage,
      'goby.txt',
      settings ?? (await readFile(join(repository, 'config/goby.txt'), 'utf8')),
    );
    await checkRoot(opened);
    onStep('writing the image');
    const making = join(work, 'card.img');
    await assemble({ id: opened.id, boot: opened.bootImage, root: opened.rootImage, to: making });
    await rename(making, output);
    return { base: opened.name, bytes: (await stat(output)).size };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** An image is as small as it can be; the package wants more. The card's own size is taken at the first start. */
async function makeRoom(root: string, bytes: number, work: string): Promise<void> {
  const text = await runProgram('dumpe2fs', ['-h', root]);
  const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  const lacking = bytes - number('Free blocks') * number('Block size');
  if (lacking <= 0) return;
  const step = 16 * 2 ** 20;
  const size = Math.ceil((number('Block count') * number('Block size') + lacking) / step) * step;
  await wantSpace(work, 2 * lacking);
  await runProgram('truncate', ['-s', String(size), root]);
  await runProgram('e2fsck', ['-f', '-p', root]);
  await runProgram('resize2fs', [root]);
}

async function checkRoot({ rootImage }: OpenedImage): Promise<void> {
  await runProgram('e2fsck', ['-f', '-n', rootImage]);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
