/** Device telemetry: what the machine itself says about its state. A value the machine can't give is absent, never zero. */
import { z } from 'zod';

/** The four conditions of Raspberry Pi firmware's get_throttled; see throttling.ts for the bits. */
const throttlingFlagsSchema = z.object({
  undervoltage: z.boolean(),
  frequencyCapped: z.boolean(),
  throttled: z.boolean(),
  softTemperatureLimit: z.boolean(),
});

const throttlingSchema = z.object({
  now: throttlingFlagsSchema,
  sinceBoot: throttlingFlagsSchema,
  /** The firmware's word as it came, such as 0x50005. */
  raw: z.string(),
});

/** Bytes since the interface came up; rates are over the time between the last two readings. */
const networkInterfaceSchema = z.object({
  receivedBytes: z.number(),
  sentBytes: z.number(),
  receivedBytesPerSecond: z.number().optional(),
  sentBytesPerSecond: z.number().optional(),
});

export const deviceTelemetrySchema = z.object({
  cpuTemperatureC: z.number().optional(),
  /** The hottest Edge TPU on PCIe; USB sticks have no sensor. */
  edgetpuTemperatureC: z.number().optional(),
  throttling: throttlingSchema.optional(),
  /** Too little voltage now, from the firmware or the kernel's rpi_volt sensor. */
  undervoltage: z.boolean().optional(),
  /** Averages of runnable processes. */
  load: z.object({ oneMinute: z.number(), fiveMinutes: z.number(), fifteenMinutes: z.number() }).optional(),
  /** Fractions 0..1 of all cores together, over the time between the last two readings. */
  cpu: z.object({ machineShare: z.number(), gobyShare: z.number().optional() }).optional(),
  memory: z
    .object({
      totalBytes: z.number(),
      availableBytes: z.number(),
      /** Proportional set sizes: shared pages are divided among those who share them. */
      agentPssBytes: z.number().optional(),
      workersPssBytes: z.number().optional(),
    })
    .optional(),
  /** The file system of the state folder; free is what goby itself may still write. */
  disk: z.object({ totalBytes: z.number(), freeBytes: z.number() }).optional(),
  network: z.record(z.string(), networkInterfaceSchema).optional(),
  /** Signal level per wireless interface. */
  wifiSignalDbm: z.record(z.string(), z.number()).optional(),
  uptimeSeconds: z.number().optional(),
});

export type DeviceTelemetry = z.output<typeof deviceTelemetrySchema>;
export type Throttling = z.output<typeof throttlingSchema>;
export type ThrottlingFlags = z.output<typeof throttlingFlagsSchema>;
export type NetworkInterface = z.output<typeof networkInterfaceSchema>;
