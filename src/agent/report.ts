/** What the agent says of itself: info and telemetry over MQTT, status to doctor. Pure functions of its parts. */

import { brokerAddress } from '../config/broker-address.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { Engine } from '../flow/infer/engine.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import type { DeviceTelemetry } from '../system/measure/telemetry.ts';
import type { Health } from '../system/service/health.ts';
import type { AgentStatus } from '../system/service/status.ts';

export interface ReportParts {
  readonly version: string;
  readonly startedAtMs: number;
  readonly loaded: LoadedConfig;
  /** Some of `loaded` counts with the next start only. */
  readonly restartRequired: boolean;
  readonly device: { readonly id: string; readonly name: string };
  readonly health: Health;
  readonly flows: readonly CameraFlow[];
  readonly engine: Engine | undefined;
  readonly outputs: Outputs;
  readonly publisher: Publisher | undefined;
  /** As it was published last. */
  readonly telemetry: Record<string, unknown>;
}

/** Retained under info. The loaded configuration holds no secrets: see config/secrets.ts. */
export function agentInfo({
  version,
  device,
  loaded,
  restartRequired,
  flows,
  engine,
  startedAtMs,
}: ReportParts): object {
  return {
    version,
    device,
    started: new Date(startedAtMs).toISOString(),
    backend: engine?.status.backend,
    models: modelsOf(flows),
    config: loaded.config,
    restart_required: restartRequired,
  };
}

export function agentTelemetry(
  reading: DeviceTelemetry,
  { flows, publisher, startedAtMs }: ReportParts,
): Record<string, unknown> {
  const now = Date.now();
  return {
    time: new Date(now).toISOString(),
    agentUptimeSeconds: Math.floor((now - startedAtMs) / 1000),
    ...reading,
    cameras: Object.fromEntries(
      flows.map((flow) => {
        const { frames, skippedTotal, corruptTotal, restartsTotal, stages } = flow.report();
        return [flow.name, { ...frames, skippedTotal, corruptTotal, restartsTotal, latency: stages }];
      }),
    ),
    ...(publisher === undefined ? {} : { mqtt: publisher.report() }),
  };
}

export function agentStatus(parts: ReportParts): AgentStatus {
  const { version, startedAtMs, loaded, device, health, flows, engine, outputs, telemetry } = parts;
  const broker = health.get('broker');
  return {
    version,
    pid: process.pid,
    startedAtMs,
    ...(loaded.file === undefined ? {} : { configFile: loaded.file }),
    device,
    health: health.snapshot(),
    cameras: Object.fromEntries(
      flows.map((flow) => {
        const { state, detail, source, model, frames } = flow.report();
        const rate = frames.framesPerSecond === undefined ? {} : { framesPerSecond: frames.framesPerSecond };
        return [flow.name, { state, detail, source, model, ...rate }];
      }),
    ),
    engine: {
      state: engine?.status.state ?? 'starting',
      ...(engine?.status.backend === undefined ? {} : { backend: engine.status.backend }),
      detail: engine?.status.detail ?? '',
      models: modelsOf(flows),
    },
    outputs: Object.fromEntries(Object.entries(outputs.report()).map(([name, report]) => [name, { ...report }])),
    broker: {
      state: broker?.state ?? 'stopped',
      address: brokerAddress(loaded.config.mqtt.broker),
      ...(broker?.detail === undefined ? {} : { detail: broker.detail }),
    },
    telemetry,
  };
}

function modelsOf(flows: readonly CameraFlow[]): { name: string; backend: string; sha256: string; threads?: number }[] {
  const byName = new Map(flows.map(({ model }) => [model.name, model]));
  return [...byName.values()].map(({ name, backend, sha256, threads }) => ({
    name,
    backend,
    sha256,
    ...(threads === undefined ? {} : { threads }),
  }));
}
