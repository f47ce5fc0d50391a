/** The device meter: reads every sensor the machine has, and remembers the last reading for shares and rates. */
import { statfs } from 'node:fs/promises';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { descendants, readMemory } from './memory.ts';
import { networkReport, readTraffic, readWifiSignal, type Traffic } from './network.ts';
import { type ProcessorTicks, processorShares, readLoad, readProcessorTicks } from './processor.ts';
import type { DeviceTelemetry } from './telemetry.ts';
import { cpuTemperatureC, edgetpuTemperatureC } from './temperature.ts';
import { type AskFirmware, readThrottling, undervoltageAlarm, vcgencmd } from './throttling.ts';

export interface DeviceMeterOptions {
  /** Folder whose file system is measured. */
  readonly stateDir: string;
  /** Prefix of /proc and /sys. */
  readonly root?: string;
  readonly agentPid?: number;
  /** Ids of the inference workers; absent: every process below the agent, camera programs included. */
  readonly workerPids?: () => readonly number[];
  readonly askFirmware?: AskFirmware;
  /** Steady clock in milliseconds. */
  readonly now?: () => number;
}

export interface DeviceMeter {
  /** Reads all at once; never rejects. Shares and rates are over the time since the last call. */
  read(): Promise<DeviceTelemetry>;
}

export function createDeviceMeter(options: DeviceMeterOptions): DeviceMeter {
  const { stateDir, root = '/', agentPid = process.pid, workerPids, now = () => performance.now() } = options;
  const files = kernelFiles(root);
  const askFirmware = options.askFirmware ?? vcgencmd();
  let before: { ticks: ProcessorTicks | undefined; traffic: Traffic | undefined; atMs: number } | undefined;

  return {
    read: async () => {
      const workers = workerPids?.() ?? (await descendants(files, agentPid));
      const [ticks, traffic, throttling] = await Promise.all([
        readProcessorTicks(files, [agentPid, ...workers]),
        readTraffic(files),
        readThrottling(files, askFirmware),
      ]);
      const atMs = now();
      const last = before;
      before = { ticks, traffic, atMs };
      return present({
        cpuTemperatureC: await cpuTemperatureC(files),
        edgetpuTemperatureC: await edgetpuTemperatureC(files),
        throttling,
        undervoltage: throttling?.now.undervoltage ?? (await undervoltageAlarm(files)),
        load: await readLoad(files),
        cpu: ticks && processorShares(last?.ticks, ticks),
        memory: await readMemory(files, { agent: agentPid, workers }),
        disk: await readDisk(stateDir),
        network: traffic && networkReport(last?.traffic, traffic, atMs - (last?.atMs ?? atMs)),
        wifiSignalDbm: await readWifiSignal(files),
        uptimeSeconds: await readUptime(files),
      });
    },
  };
}

async function readDisk(folder: string): Promise<DeviceTelemetry['disk']> {
  try {
    const { bsize, blocks, bavail } = await statfs(folder);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}

async function readUptime(files: KernelFiles): Promise<number | undefined> {
  const seconds = Number((await files.text('proc/uptime'))?.split(' ')[0] ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.floor(seconds) : undefined;
}

/** Leaves out what is undefined, so that JSON and `in` agree on what the machine gave. */
function present(all: { [Key in keyof DeviceTelemetry]-?: DeviceTelemetry[Key] | undefined }): DeviceTelemetry {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
