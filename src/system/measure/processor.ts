/** Load and processor time: of the machine, and of goby's own processes as a share of it. */
import type { KernelFiles } from './kernel-files.ts';
import type { DeviceTelemetry } from './telemetry.ts';

/** Running sums in clock ticks, as the kernel counts them. */
export interface ProcessorTicks {
  readonly total: number;
  readonly idle: number;
  readonly byProcess: ReadonlyMap<number, number>;
}

export async function readLoad(files: KernelFiles): Promise<DeviceTelemetry['load']> {
  const numbers = (await files.text('proc/loadavg'))?.split(' ').slice(0, 3).map(Number);
  if (numbers?.length !== 3 || numbers.some(Number.isNaN)) return undefined;
  return { oneMinute: numbers[0]!, fiveMinutes: numbers[1]!, fifteenMinutes: numbers[2]! };
}

/** @param processes ids of goby's processes; those that are gone are left out */
export async function readProcessorTicks(
  files: KernelFiles,
  processes: readonly number[],
): Promise<ProcessorTicks | undefined> {
  const line = (await files.text('proc/stat'))?.split('\n').find((each) => each.startsWith('cpu '));
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; guest times are already inside user and nice.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const byProcess = new Map<number, number>();
  for (const id of processes) {
    const own = processTicks(await files.text(`proc/${id}/stat`));
    if (own !== undefined) byProcess.set(id, own);
  }
  return { total: ticks.reduce((sum, each) => sum + each, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), byProcess };
}

/** Shares between two readings; undefined while there is only one or no time has passed. */
export function processorShares(before: ProcessorTicks | undefined, after: ProcessorTicks): DeviceTelemetry['cpu'] {
  if (before === undefined || after.total <= before.total) return undefined;
  const total = after.total - before.total;
  let own = 0;
  for (const [id, ticks] of after.byProcess) own += Math.max(0, ticks - (before.byProcess.get(id) ?? 0));
  const share = (ticks: number) => Math.round((1000 * Math.min(total, Math.max(0, ticks))) / total) / 1000;
  return {
    machineShare: share(total - (after.idle - before.idle)),
    ...(after.byProcess.size === 0 ? {} : { gobyShare: share(own) }),
  };
}

/** utime + stime of /proc/PID/stat; the name before them stands in brackets and may hold anything, spaces too. */
function processTicks(stat: string | undefined): number | undefined {
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const user = Number(fields?.[11]);
  const system = Number(fields?.[12]);
  return Number.isFinite(user) && Number.isFinite(system) ? user + system : undefined;
}
