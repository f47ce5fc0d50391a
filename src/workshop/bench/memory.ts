/** Memory of goby's processes as the kernel counts it. */
import { readFile } from 'node:fs/promises';

/** Proportional set size of a process and its children, bytes: /proc/PID/smaps_rollup, see proc_pid_smaps(5). */
export function proportionalSetBytes(pid = process.pid): Promise<number> {
  return sumOf(pid, ['Pss']);
}

/**
 * The same without pages of files: what a growth is told by. A page of a program that several processes run counts for each in part, and
 * for more whenever another of them ends, so that Pss grows where nothing was taken.
 */
export function filelessBytes(pid = process.pid): Promise<number> {
  return sumOf(pid, ['Pss_Anon', 'Pss_Shmem']);
}

async function sumOf(pid: number, fields: readonly string[]): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const pids = [
    pid,
    ...children
      .split(' ')
      .filter((text) => text.trim() !== '')
      .map(Number),
  ];
  const sizes = await Promise.all(
    pids.map(async (one) => {
      const text = await readFile(`/proc/${one}/smaps_rollup`, 'utf8').catch(() => '');
      const kilobytes = fields.map((field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0));
      return 1024 * kilobytes.reduce((sum, some) => sum + some, 0);
    }),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
