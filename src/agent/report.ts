/** What the agent says of itself: info and telemetry over MQTT, status to doctor. Pure functions of its parts. */

import { brokerAddress } from '../config/broker-address.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { Engine } from '../flow/infer/engine.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import type { DeviceTelemetry } from '../system/measure/telemetry.ts';
import type { Telemetry } from '../system/measure/telemetry-timer.ts';
import type { Health } from '../system/service/health.ts';
import type { AgentStatus } from '../system/service/status.ts';
import type { Settings } from './settings/settings.ts';

/** The parts that are asked. */
export interface AgentFacts {
  readonly version: string;
  readonly startedAtMs: number;
  readonly device: { readonly id: string; readonly name: string };
  readonly settings: Pick<Settings, 'loaded' | 'restartKeys'>;
  readonly health: Pick<Health, 'get' | 'snapshot'>;
  readonly cameras: readonly Pick<CameraFlow, 'name' | 'model' | 'report'>[];
  readonly engine: Pick<Engine, 'status'>;
  readonly outputs: Pick<Outputs, 'report'>;
}

/** Retained under info. The loaded configuration holds no secrets: see config/secrets.ts. */
export function agentInfo({ version, device, settings, cameras, engine, startedAtMs }: AgentFacts): object {
  return {
    version,
    device,
    started: new Date(startedAtMs).toISOString(),
    backend: engine.status.backend,
    models: modelsOf(cameras),
    config: settings.loaded.config,
    restart_required: settings.restartKeys.length > 0,
  };
}

export function agentTelemetry(
  reading: DeviceTelemetry,
  { cameras, publisher, startedAtMs }: AgentFacts & { readonly publisher: Pick<Publisher, 'report'> },
): Telemetry {
  const now = Date.now();
  return {
    time: new Date(now).toISOString(),
    agentUptimeSeconds: Math.floor((now - startedAtMs) / 1000),
    ...reading,
    cameras: Object.fromEntries(
      cameras.map((camera) => {
        const { frames, skippedTotal, corruptTotal, restartsTotal, regions, sizes, stages } = camera.report();
        return [camera.name, { ...frames, skippedTotal, corruptTotal, restartsTotal, regions, sizes, latency: stages }];
      }),
    ),
    mqtt: publisher.report(),
  };
}

/** @param facts.telemetry as it was published last */
export function agentStatus(facts: AgentFacts & { readonly telemetry: Telemetry }): AgentStatus {
  const { version, startedAtMs, settings, device, health, cameras, engine, outputs, telemetry } = facts;
  const { loaded } = settings;
  const { status } = engine;
  const broker = health.get('broker');
  return {
    version,
    pid: process.pid,
    startedAtMs,
    ...(loaded.file === undefined ? {} : { configFile: loaded.file }),
    device,
    health: health.snapshot(),
    cameras: Object.fromEntries(
      cameras.map((camera) => {
        const { state, detail, source, model, frames, regions } = camera.report();
        const rate = frames.framesPerSecond === undefined ? {} : { framesPerSecond: frames.framesPerSecond };
        const allowed = regions.allowed === undefined ? {} : { regionsAllowed: regions.allowed };
        return [camera.name, { state, detail, source, model, ...rate, ...allowed }];
      }),
    ),
    engine: {
      state: status.state,
      ...(status.backend === undefined ? {} : { backend: status.backend }),
      detail: status.detail,
      models: modelsOf(cameras),
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

function modelsOf(
  cameras: AgentFacts['cameras'],
): { name: string; backend: string; sha256: string; threads?: number; derivedSha256?: string }[] {
  const byName = new Map(cameras.map(({ model }) => [model.name, model]));
  return [...byName.values()].map(({ name, backend, sha256, threads, derivedSha256 }) => ({
    ...{ name, backend, sha256 },
    ...(threads === undefined ? {} : { threads }),
    ...(derivedSha256 === undefined ? {} : { derivedSha256 }),
  }));
}
