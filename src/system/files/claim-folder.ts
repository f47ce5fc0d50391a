/** One process at a time for a folder: a lock of the kernel, which ends with its holder however that ends. */
import { type BigIntStats, closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UnavailableError } from '../../errors.ts';

/** LOCK_EX and LOCK_NB of flock(2), and EWOULDBLOCK; the same on x86-64 and arm64. */
const exclusiveNow = 2 | 4;
const wouldBlock = 11;

export interface FolderClaim {
  /** Gives it back; the end of the process does so too. */
  release(): void;
}

/**
 * Claims a folder for this process, and makes it where it isn't there. Where the file system knows no locks, or the folder
 * can't be opened, nothing is claimed: what needs the folder says so itself.
 * @throws UnavailableError when another process has claimed it, with its number
 */
export function claimFolder(folder: string): FolderClaim {
  const descriptor = openFolder(folder);
  if (descriptor === undefined) return { release: () => undefined };
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const flock = koffi.load(null).func('int flock(int fd, int operation)');
  if (flock(descriptor, exclusiveNow) !== 0 && koffi.errno() === wouldBlock) {
    const holder = holderOf(fstatSync(descriptor, { bigint: true }));
    closeSync(descriptor);
    throw new UnavailableError(
      `Another goby${holder === undefined ? '' : ` (process ${holder})`} runs already, with the state in ${folder}.`,
      {
        remedy: 'End it first (sudo systemctl stop goby), or give this one a folder of its own with GOBY_STATE_DIR.',
      },
    );
  }
  return { release: () => closeSync(descriptor) };
}

function openFolder(folder: string): number | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}

/** The process that holds a lock on this, by proc_locks(5); undefined where it isn't told, such as from another container. */
function holderOf({ ino }: BigIntStats): string | undefined {
  try {
    const pattern = new RegExp(`FLOCK +\\S+ +WRITE ([1-9]\\d*) [0-9a-f]+:[0-9a-f]+:${ino} `);
    return pattern.exec(readFileSync('/proc/locks', 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
