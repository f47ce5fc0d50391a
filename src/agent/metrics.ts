/** What is counted for Prometheus beside telemetry: inferences by their time, events by label, restarts of the worker, and the age of what waits. */
import { isExpected, sentence } from '../errors.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { Engine, EngineStatus } from '../flow/infer/engine.ts';
import type { OutboxWatch } from '../flow/publish/outbox/outbox.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import { inferencesOf } from '../flow/regions/region.ts';
import type { Sink } from '../flow/sink.ts';
import type { Logger } from '../logger.ts';
import { createHistogram, type Histogram } from '../system/measure/histogram.ts';
import { deviceTelemetrySchema } from '../system/measure/telemetry.ts';
import type { Telemetry } from '../system/measure/telemetry-timer.ts';
import type { Health } from '../system/service/health.ts';
import { agentMetrics, type CameraMeasures } from '../web/metrics/agent-metrics.ts';
import { exposition } from '../web/metrics/exposition.ts';
import type { MetricsServer } from '../web/metrics/metrics-server.ts';

export interface MetricsFacts {
  readonly version: string;
  readonly startedAtMs: number;
  readonly health: Pick<Health, 'snapshot'>;
  readonly cameras: readonly Pick<CameraFlow, 'name' | 'report'>[];
  readonly outputs: Pick<Outputs, 'report'>;
  readonly publisher: Pick<Publisher, 'report'>;
  readonly engine: Pick<Engine, 'status'>;
  /** A fresh reading of the device. */
  telemetry(): Promise<Telemetry>;
  viewers(): number;
}

export interface AgentMetrics {
  readonly sink: Sink;
  readonly outboxWatch: OutboxWatch;
  engineStatus(status: EngineStatus): void;
  /** What Prometheus reads. */
  text(facts: MetricsFacts): Promise<string>;
}

/** Labels of one camera beyond this are counted together: a model may have a thousand. */
const mostLabels = 100;
const otherLabels = 'other';
/** Events that wait and whose time is known: the oldest matter. */
const mostWaiting = 10_000;

interface CameraCounts {
  readonly durations: Map<string, { readonly model: string; readonly backend: string; readonly histogram: Histogram }>;
  readonly events: Map<string, number>;
}

export function createAgentMetrics(now: () => number = Date.now): AgentMetrics {
  const counts = new Map<string, CameraCounts>();
  const restarts = new Map<string, number>();
  /** By number in the outbox, oldest first. */
  const waiting = new Map<number, number>();
  let wasReady = false;
  const countsOf = (camera: string): CameraCounts => {
    const found = counts.get(camera) ?? { durations: new Map(), events: new Map() };
    counts.set(camera, found);
    return found;
  };
  const measuresOf = ({ name, report }: MetricsFacts['cameras'][number]): [string, CameraMeasures] => {
    const { frames, skippedTotal, corruptTotal, restartsTotal, regions } = report();
    const { durations, events } = countsOf(name);
    const inferred = Math.max(0, frames.framesTotal - skippedTotal);
    return [
      name,
      {
        frames: { inferred, dropped: frames.droppedTotal, skipped: skippedTotal, corrupt: corruptTotal },
        framesPerSecond: frames.framesPerSecond,
        restartsTotal,
        regions: regions.byReason,
        regionsLeftOutTotal: regions.leftOutTotal,
        eventsTotal: Object.fromEntries(events),
        inferences: [...durations.values()].map(({ model, backend, histogram }) => ({
          ...{ model, backend, durations: histogram.snapshot() },
        })),
      },
    ];
  };
  return {
    sink: {
      frame: (_frame, { camera, model, backend, latencyMs, regions }) => {
        const { durations } = countsOf(camera);
        const key = `${model}\n${backend}`;
        const found = durations.get(key) ?? { model, backend, histogram: createHistogram() };
        durations.set(key, found);
        // Of the inferences of a frame only their sum is known.
        const inferences = regions === undefined ? 1 : inferencesOf(regions).length;
        for (let at = 0; at < inferences; at++) found.histogram.observe(latencyMs.infer / inferences / 1000);
      },
      event: ({ type, camera, label }) => {
        if (type !== 'new') return;
        const { events } = countsOf(camera);
        const counted = events.has(label) || events.size < mostLabels ? label : otherLabels;
        events.set(counted, (events.get(counted) ?? 0) + 1);
      },
    },
    outboxWatch: {
      recorded: (_event, sequence) => {
        if (waiting.size < mostWaiting) waiting.set(sequence, now());
      },
      taken: (_event, sequence) => waiting.delete(sequence),
    },
    engineStatus: ({ state }) => {
      if (wasReady && state !== 'ready' && state !== 'stopped') restarts.set(state, (restarts.get(state) ?? 0) + 1);
      wasReady = state === 'ready';
    },
    text: async (facts) => {
      const { version, startedAtMs, health, cameras, outputs, publisher, engine, telemetry, viewers } = facts;
      const { traffic, waitingEvents, lostEventsTotal, outboxBytes } = publisher.report();
      const [oldest] = waiting.values();
      return exposition(
        agentMetrics({
          version,
          startedAtMs,
          health: health.snapshot(),
          device: deviceTelemetrySchema.safeParse(await telemetry()).data ?? {},
          cameras: Object.fromEntries(
            cameras.map((camera) => measuresOf({ name: camera.name, report: () => camera.report() })),
          ),
          outbox: {
            waitingEvents,
            oldestSeconds: waitingEvents === 0 || oldest === undefined ? 0 : (now() - oldest) / 1000,
            bytes: outboxBytes,
            lostTotal: lostEventsTotal,
          },
          messagesTotal: Object.fromEntries(
            Object.entries(traffic).map(([kind, { messagesTotal }]) => [kind, messagesTotal]),
          ),
          workerRestartsTotal: Object.fromEntries(restarts),
          backend: engine.status.backend,
          outputs: Object.fromEntries(Object.entries(outputs.report()).map(([name, { on }]) => [name, on])),
          viewers: viewers(),
        }),
      );
    },
  };
}

/** Metrics that can't be had are told, and the agent runs on. */
export async function startMetrics(server: MetricsServer, logger: Logger): Promise<void> {
  try {
    const address = await server.start();
    if (address !== undefined) logger.info(`metrics are at ${address}`);
  } catch (error) {
    if (!isExpected(error)) throw error;
    logger.warn(sentence(error));
  }
}
