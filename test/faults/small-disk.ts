/** A file system of a few megabytes that can be filled to its last byte: what a full card is, without prejudice to the machine's own. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';

const megabytes = 8;

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): void;
  empty(): void;
}

/** ext4 on a loop device, as a Pi's card has; where there is none, a tmpfs. */
export function mountSmallDisk(scope: Scope): SmallDisk {
  const base = scope.folder();
  const folder = join(base, 'disk');
  mkdirSync(folder);
  const problem = mountAt(base, folder);
  if (problem !== undefined) throw new Error(problem);
  scope.teardown(() => spawnSync('umount', ['--lazy', folder]));
  const filler = join(folder, 'filler');
  return { folder, fill: () => fill(filler), empty: () => rmSync(filler, { force: true }) };
}

/** Why none can be mounted here; undefined when one can. */
export function smallDiskProblem(): string | undefined {
  const base = mkdtempSync(join(tmpdir(), 'goby-disk-'));
  const folder = join(base, 'disk');
  mkdirSync(folder);
  const problem = mountAt(base, folder);
  if (problem === undefined) spawnSync('umount', [folder]);
  rmSync(base, { recursive: true });
  return problem;
}

function mountAt(base: string, folder: string): string | undefined {
  const image = join(base, 'ext4.img');
  const ext4 = [
    ['truncate', '--size', `${megabytes}M`, image],
    ['mkfs.ext4', '-q', '-m', '0', image],
    ['mount', '-o', 'loop', image, folder],
  ];
  const tmpfs = [['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'goby-faults', folder]];
  if (ext4.every(succeeds) || tmpfs.every(succeeds)) return undefined;
  return 'no file system can be mounted here (that needs root, outside of most containers)';
}

function succeeds([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Big pieces first, then down to single bytes. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let piece = 65_536; piece >= 1; piece = Math.floor(piece / 16)) {
      const bytes = Buffer.alloc(piece, 0x55);
      while (isWritten(file, bytes));
    }
  } finally {
    closeSync(file);
  }
}

function isWritten(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
