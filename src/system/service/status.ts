/** What a running agent says of itself on its status socket. Unknown keys pass, so that versions may differ a little. */
import { z } from 'zod';

const partHealthSchema = z.object({
  state: z.string(),
  /** ms since 1970. */
  sinceMs: z.number(),
  detail: z.string().optional(),
});

const cameraStatusSchema = z.looseObject({
  state: z.string(),
  detail: z.string(),
  /** Type of its source, such as rpicam. */
  source: z.string().optional(),
  model: z.string().optional(),
  framesPerSecond: z.number().optional(),
  /** Parts of a frame that the machine's time allows to be looked at; absent: frames are looked at whole. */
  regionsAllowed: z.int().optional(),
});

const engineStatusSchema = z.looseObject({
  state: z.string(),
  backend: z.string().optional(),
  detail: z.string(),
  /** The Edge TPU's library, where one is loaded. */
  edgetpu: z.looseObject({ library: z.string().optional(), version: z.string().optional() }).optional(),
  models: z.array(
    z.looseObject({ name: z.string(), backend: z.string(), sha256: z.string(), threads: z.int().optional() }),
  ),
});

const outputStatusSchema = z.looseObject({
  line: z.string(),
  adapter: z.string(),
  on: z.boolean().optional(),
  /** A sentence when the line can't be used. */
  fault: z.string().optional(),
});

export const agentStatusSchema = z.looseObject({
  version: z.string(),
  pid: z.int().positive(),
  /** ms since 1970. */
  startedAtMs: z.number(),
  configFile: z.string().optional(),
  device: z.looseObject({ id: z.string(), name: z.string() }),
  health: z.record(z.string(), partHealthSchema),
  cameras: z.record(z.string(), cameraStatusSchema),
  engine: engineStatusSchema,
  outputs: z.record(z.string(), outputStatusSchema),
  broker: z.looseObject({ state: z.string(), address: z.string(), detail: z.string().optional() }),
  /** The last telemetry as published: measure/'s DeviceTelemetry and the pipeline's figures beside it. */
  telemetry: z.record(z.string(), z.unknown()),
});

/** The answer of the status socket. */
export type AgentStatus = z.output<typeof agentStatusSchema>;
