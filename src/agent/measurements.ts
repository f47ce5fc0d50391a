/** Telemetry as a row of a day's charts. */
import type { MeasureRow } from '../system/measure/day-history.ts';
import { deviceTelemetrySchema } from '../system/measure/telemetry.ts';
import type { Telemetry } from '../system/measure/telemetry-timer.ts';

interface CameraTelemetry {
  readonly framesPerSecond?: number;
  readonly latency?: Readonly<Record<string, { readonly p95Ms: number }>>;
}

/** One row: the first word says which chart, the rest which line. */
export function measureRow(telemetry: Telemetry): MeasureRow {
  const device = deviceTelemetrySchema.safeParse(telemetry).data ?? {};
  const { throttling, network = {}, memory, cpu } = device;
  const cameras = Object.entries((telemetry['cameras'] ?? {}) as Record<string, CameraTelemetry>);
  const { waitingEvents } = (telemetry['mqtt'] ?? {}) as { waitingEvents?: number };
  const flags = throttling === undefined ? undefined : Object.values(throttling.now).filter(Boolean).length;
  return {
    'temperature cpu': device.cpuTemperatureC,
    'temperature edgetpu': device.edgetpuTemperatureC,
    ...Object.fromEntries(cameras.map(([name, { framesPerSecond }]) => [`framesPerSecond ${name}`, framesPerSecond])),
    ...Object.fromEntries(cameras.map(([name, { latency }]) => [`latency ${name} infer`, latency?.['infer']?.p95Ms])),
    ...Object.fromEntries(cameras.map(([name, { latency }]) => [`latency ${name} total`, latency?.['total']?.p95Ms])),
    'memory agent': megabytes(memory?.agentPssBytes),
    'memory workers': megabytes(memory?.workersPssBytes),
    'cpu machine': percent(cpu?.machineShare),
    'cpu goby': percent(cpu?.gobyShare),
    outbox: waitingEvents,
    ...Object.fromEntries(
      Object.entries(network).map(([name, { sentBytesPerSecond }]) => [
        `network ${name}`,
        kilobytes(sentBytesPerSecond),
      ]),
    ),
    throttled: flags,
  };
}

const megabytes = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : bytes / 1e6);
const kilobytes = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : bytes / 1e3);
const percent = (share: number | undefined): number | undefined => (share === undefined ? undefined : 100 * share);
