/** Is there room for state: models, outbox, snapshots? */
import { type Finding, fail, ok, warn } from './finding.ts';

export interface DiskFacts {
  readonly folder: string;
  /** Absent: the file system didn't tell. */
  readonly freeBytes?: number;
  readonly totalBytes?: number;
  /** Whether this user may write there; absent: the agent runs and is the one who writes. */
  readonly writable?: boolean;
}

const failBelowBytes = 50_000_000;
const warnBelowBytes = 500_000_000;

export function checkDisk({ folder, freeBytes, totalBytes, writable }: DiskFacts): Finding {
  if (freeBytes === undefined || totalBytes === undefined)
    return warn('disk', `The space of ${folder} can't be told.`, 'Check that the folder is there and may be read.');
  const space = `${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} are free for ${folder}.`;
  if (freeBytes < failBelowBytes)
    return fail(
      'disk',
      `The disk is full: ${space}`,
      'Make room: sudo apt clean, and look at: du -xh / | sort -h | tail',
    );
  if (writable === false)
    return warn('disk', `${space} This user may not write there.`, 'The service writes as its own user: use sudo.');
  if (freeBytes < warnBelowBytes)
    return warn('disk', `Only ${space}`, 'Make room: sudo apt clean, and look at: du -xh / | sort -h | tail');
  return ok('disk', space);
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
