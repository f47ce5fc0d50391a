/** One process at a time for one file: a lock that dies with its holder. */
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnavailableError } from '../../errors.ts';
import { writeError } from './put-file.ts';

/**
 * Runs `work` while holding `path`, which is removed afterwards. A lock whose process is gone is taken over.
 * @throws UnavailableError when another living process holds it
 */
export async function holding<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, lastTry = false): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw writeError(error, path);
  });
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`${process.pid} ${startOf(process.pid)}`).finally(() => file.close());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(error, path);
    const [pid, start] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
    if (lastTry || (pid !== undefined && start !== undefined && startOf(Number(pid)) === start)) {
      throw new UnavailableError(`Another goby (process ${pid}) is fetching the same file.`, {
        remedy: `Wait until it has ended; if there is none, remove ${path}.`,
      });
    }
    await rm(path, { force: true });
    await take(path, true);
  }
}

/** When a process started, in clock ticks since boot (field 22 of /proc/PID/stat), so that a reused number isn't taken for it. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
