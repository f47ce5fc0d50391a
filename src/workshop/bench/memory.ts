/** Memory of goby's processes as the kernel counts it. */
import { readFile } from 'node:fs/promises';

/** Proportional set size of a process and its children, bytes: /proc/PID/smaps_rollup, see proc_pid_smaps(5). */
export async function proportionalSetBytes(pid = process.pid): Promise<number> {
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
      return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
