/** A card's partition table: which image this is, where its two partitions lie, and putting it together again. */
import { open } from 'node:fs/promises';
import { runProgram, Trouble } from '../guest/run-program.ts';

export const sectorBytes = 512;

export interface Partition {
  /** In sectors. */
  readonly start: number;
  readonly size: number;
}

export interface CardLayout {
  /** The number that PARTUUIDs on the kernel's command line start with. */
  readonly id: string;
  readonly boot: Partition;
  readonly root: Partition;
}

/** @throws Trouble when the file is no card image with a FAT and a Linux partition */
export async function readLayout(image: string): Promise<CardLayout> {
  const handle = await open(image, 'r');
  const head = Buffer.alloc(sectorBytes);
  try {
    await handle.read(head, 0, sectorBytes, 0);
  } finally {
    await handle.close();
  }
  const expected =
    'expected the image of a card with a FAT boot partition and a Linux root partition, such as Raspberry Pi OS Lite (64-bit)';
  if (head.readUInt16LE(510) !== 0xaa55) {
    throw new Trouble(`${image} is not an image: ${expected}, found a file without a partition table.`);
  }
  const text = await runProgram('sfdisk', ['--json', image]).catch(() => undefined);
  const table = text === undefined ? undefined : (JSON.parse(text) as Table).partitiontable;
  const [boot, root] = table?.partitions ?? [];
  if (table?.label !== 'dos' || !boot || !root || !['b', 'c', 'e'].includes(boot.type) || root.type !== '83') {
    throw new Trouble(`${image}: ${expected}, found another partition table.`);
  }
  return { id: table.id, boot, root };
}

interface Table {
  readonly partitiontable: {
    readonly label: string;
    readonly id: string;
    readonly partitions: readonly (Partition & { readonly type: string })[];
  };
}

/** Copies one partition out of an image, holes kept. */
export async function extract(image: string, { start, size }: Partition, to: string): Promise<void> {
  await copySectors({ from: image, fromSector: start, to, toSector: 0, sectors: size });
}

/** Puts a partition that `extract` took out back into its place. */
export async function putBack(from: string, { start, size }: Partition, image: string): Promise<void> {
  await runProgram('dd', [
    ...[`if=${from}`, `of=${image}`, `bs=${sectorBytes * 8}`, `seek=${start / 8}`, `count=${size / 8}`],
    ...['conv=notrunc', 'status=none'],
  ]);
}

/** Writes a new image from its two partitions; PARTUUIDs stay, so the kernel's command line does too. */
export async function assemble(parts: { id: string; boot: string; root: string; to: string }): Promise<void> {
  const { id, boot, root, to } = parts;
  const start = 8192;
  const bootSectors = await sectorsOf(boot);
  const rootStart = Math.ceil((start + bootSectors) / 8192) * 8192;
  const rootSectors = await sectorsOf(root);
  await runProgram('truncate', ['-s', String((rootStart + rootSectors) * sectorBytes), to]);
  const table = `label: dos\nlabel-id: ${id}\nstart=${start}, size=${bootSectors}, type=c\nstart=${rootStart}, size=${rootSectors}, type=83\n`;
  await runProgram('sfdisk', ['--quiet', to], { input: table });
  await copySectors({ from: boot, fromSector: 0, to, toSector: start, sectors: bootSectors });
  await copySectors({ from: root, fromSector: 0, to, toSector: rootStart, sectors: rootSectors });
}

async function sectorsOf(file: string): Promise<number> {
  return Number(await runProgram('stat', ['-c', '%s', file])) / sectorBytes;
}

interface Copy {
  readonly from: string;
  readonly fromSector: number;
  readonly to: string;
  readonly toSector: number;
  readonly sectors: number;
}

async function copySectors({ from, fromSector, to, toSector, sectors }: Copy): Promise<void> {
  // In blocks of 4 MiB where both ends allow it; sparse keeps an image small on the disk.
  const block = [8192, 2048, 8, 1].find((unit) => [fromSector, toSector, sectors].every((n) => n % unit === 0)) ?? 1;
  const args = [
    ...[`if=${from}`, `of=${to}`, `bs=${block * sectorBytes}`, `skip=${fromSector / block}`],
    ...[`seek=${toSector / block}`, `count=${sectors / block}`, 'conv=sparse,notrunc', 'status=none'],
  ];
  await runProgram('dd', args);
}
