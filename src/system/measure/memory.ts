/** Memory of the machine and of goby's processes. */
import type { KernelFiles } from './kernel-files.ts';
import type { DeviceTelemetry } from './telemetry.ts';

export interface GobyProcesses {
  readonly agent: number;
  readonly workers: readonly number[];
}

export async function readMemory(files: KernelFiles, processes: GobyProcesses): Promise<DeviceTelemetry['memory']> {
  const text = await files.text('proc/meminfo');
  const totalBytes = kilobytesOf(text, 'MemTotal');
  const availableBytes = kilobytesOf(text, 'MemAvailable');
  if (totalBytes === undefined || availableBytes === undefined) return undefined;
  const agentPssBytes = await proportionalSetSize(files, [processes.agent]);
  const workersPssBytes = await proportionalSetSize(files, processes.workers);
  return {
    totalBytes,
    availableBytes,
    ...(agentPssBytes === undefined ? {} : { agentPssBytes }),
    ...(workersPssBytes === undefined ? {} : { workersPssBytes }),
  };
}

/** Sum over the processes that still are there and may be read, in bytes; undefined when none is. */
export async function proportionalSetSize(
  files: KernelFiles,
  processes: readonly number[],
): Promise<number | undefined> {
  const sizes = await Promise.all(
    processes.map(async (id) => kilobytesOf(await files.text(`proc/${id}/smaps_rollup`), 'Pss')),
  );
  const known = sizes.filter((size) => size !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0);
}

/** All processes below one: inference workers, and programs that a camera runs. */
export async function descendants(files: KernelFiles, id: number): Promise<number[]> {
  const text = await files.text(`proc/${id}/task/${id}/children`);
  const children = text === undefined ? [] : text.trim().split(/\s+/).filter(Boolean).map(Number);
  const below = await Promise.all(children.map((child) => descendants(files, child)));
  return [...children, ...below.flat()];
}

/** A line such as `Pss:    298 kB`, in bytes. */
function kilobytesOf(text: string | undefined, name: string): number | undefined {
  const found = text === undefined ? undefined : new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
}
