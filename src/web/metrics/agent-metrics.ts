/** What the agent measures, as metrics. Labels are names from the configuration and words of goby: their number is bounded. */
import type { HistogramSnapshot } from '../../system/measure/histogram.ts';
import type { DeviceTelemetry, ThrottlingFlags } from '../../system/measure/telemetry.ts';
import type { PartHealth } from '../../system/service/health.ts';
import type { MetricFamily, Sample } from './exposition.ts';

export interface CameraMeasures {
  /** Frames by what became of them. */
  readonly frames: Readonly<Record<'inferred' | 'dropped' | 'skipped' | 'corrupt', number>>;
  readonly framesPerSecond: number | undefined;
  readonly restartsTotal: number;
  /** Parts of frames that were looked at, by reason. */
  readonly regions: Readonly<Record<string, number>>;
  /** Parts that there was no time for. */
  readonly regionsLeftOutTotal: number;
  /** By label. */
  readonly eventsTotal: Readonly<Record<string, number>>;
  readonly inferences: readonly {
    readonly model: string;
    readonly backend: string;
    readonly durations: HistogramSnapshot;
  }[];
}

export interface AgentMeasures {
  readonly version: string;
  readonly startedAtMs: number;
  readonly health: Readonly<Record<string, PartHealth>>;
  readonly device: DeviceTelemetry;
  readonly cameras: Readonly<Record<string, CameraMeasures>>;
  readonly outbox: {
    readonly waitingEvents: number;
    readonly oldestSeconds: number;
    readonly bytes: number;
    readonly lostTotal: number;
  };
  /** By kind of message. */
  readonly messagesTotal: Readonly<Record<string, number>>;
  readonly workerRestartsTotal: Readonly<Record<string, number>>;
  readonly backend: string | undefined;
  /** On or off; absent while a line is not held. */
  readonly outputs: Readonly<Record<string, boolean | undefined>>;
  readonly viewers: number;
}

export function agentMetrics(measures: AgentMeasures): MetricFamily[] {
  return [...agentFamilies(measures), ...cameraFamilies(measures), ...deviceFamilies(measures.device)];
}

function agentFamilies(measures: AgentMeasures): MetricFamily[] {
  const { version, startedAtMs, health, outbox, messagesTotal, workerRestartsTotal, backend, outputs, viewers } =
    measures;
  return [
    gauge('goby_build_info', 'The running version; always 1.', [{ labels: { version }, value: 1 }]),
    gauge('goby_start_time_seconds', 'When the agent started, seconds since 1970.', [{ value: startedAtMs / 1000 }]),
    gauge(
      'goby_part_state_info',
      'The state of each part of the agent; always 1.',
      Object.entries(health).map(([part, { state }]) => ({ labels: { part, state }, value: 1 })),
    ),
    gauge(
      'goby_backend_info',
      'The backend that answers inferences now; always 1.',
      backend === undefined ? [] : [{ labels: { backend }, value: 1 }],
    ),
    counter('goby_worker_restarts_total', 'Restarts of the inference worker.', byName('reason', workerRestartsTotal)),
    gauge('goby_outbox_events', 'Events that the broker has not taken yet.', [{ value: outbox.waitingEvents }]),
    gauge('goby_outbox_oldest_seconds', 'Age of the oldest event that the broker has not taken yet.', [
      { value: outbox.oldestSeconds },
    ]),
    gauge('goby_outbox_bytes', 'What the outbox takes on the disk.', [{ value: outbox.bytes }]),
    counter('goby_outbox_lost_events_total', 'Events that were dropped.', [{ value: outbox.lostTotal }]),
    counter('goby_mqtt_messages_total', 'Messages that were handed to the broker.', byName('kind', messagesTotal)),
    gauge(
      'goby_output_on',
      'Whether an output is on.',
      Object.entries(outputs).map(([output, on]) => ({
        labels: { output },
        value: on === undefined ? undefined : Number(on),
      })),
    ),
    gauge('goby_web_viewers', 'Open pages.', [{ value: viewers }]),
  ];
}

function cameraFamilies({ cameras }: AgentMeasures): MetricFamily[] {
  const each = <Result>(take: (camera: string, measures: CameraMeasures) => Result[]): Result[] =>
    Object.entries(cameras).flatMap(([camera, measures]) => take(camera, measures));
  return [
    counter(
      'goby_frames_total',
      'Frames by what became of them.',
      each((camera, { frames }) =>
        Object.entries(frames).map(([outcome, value]) => ({ labels: { camera, outcome }, value })),
      ),
    ),
    gauge(
      'goby_frames_per_second',
      'Frames that went through the pipeline, over the last seconds.',
      each((camera, { framesPerSecond }) => [{ labels: { camera }, value: framesPerSecond }]),
    ),
    counter(
      'goby_regions_total',
      'Parts of frames that were looked at, by reason; two may share an inference.',
      each((camera, { regions }) =>
        Object.entries(regions).map(([reason, value]) => ({ labels: { camera, reason }, value })),
      ),
    ),
    counter(
      'goby_regions_left_out_total',
      'Parts of frames that the configuration allows and there was no time for.',
      each((camera, { regionsLeftOutTotal }) => [{ labels: { camera }, value: regionsLeftOutTotal }]),
    ),
    counter(
      'goby_camera_restarts_total',
      'Restarts of a camera.',
      each((camera, { restartsTotal }) => [{ labels: { camera }, value: restartsTotal }]),
    ),
    counter(
      'goby_events_total',
      'Events that were told as new.',
      each((camera, { eventsTotal }) =>
        Object.entries(eventsTotal).map(([label, value]) => ({ labels: { camera, label }, value })),
      ),
    ),
    {
      type: 'histogram',
      name: 'goby_inference_duration_seconds',
      help: 'Inferences, from handing the tensor over to the answer.',
      samples: each((camera, { inferences }) =>
        inferences.map(({ model, backend, durations }) => ({ labels: { camera, model, backend }, value: durations })),
      ),
    },
  ];
}

function deviceFamilies({
  cpuTemperatureC,
  edgetpuTemperatureC,
  throttling,
  undervoltage,
  load,
  cpu,
  memory,
  disk,
}: DeviceTelemetry): MetricFamily[] {
  const flags = Object.keys(throttling?.now ?? {}) as (keyof ThrottlingFlags)[];
  return [
    gauge('goby_temperature_celsius', 'Temperature of the processor and of an Edge TPU on PCIe.', [
      { labels: { sensor: 'cpu' }, value: cpuTemperatureC },
      { labels: { sensor: 'edgetpu' }, value: edgetpuTemperatureC },
    ]),
    gauge(
      'goby_throttled',
      "The firmware's get_throttled: whether a condition holds now, or held since boot.",
      flags.flatMap((flag) =>
        (['now', 'sinceBoot'] as const).map((when) => ({
          labels: { flag: snake(flag), when: snake(when) },
          value: Number(throttling![when][flag]),
        })),
      ),
    ),
    gauge('goby_undervoltage', 'Too little voltage now.', [
      { value: undervoltage === undefined ? undefined : Number(undervoltage) },
    ]),
    gauge('goby_load1', 'Runnable processes, averaged over a minute.', [{ value: load?.oneMinute }]),
    gauge('goby_cpu_ratio', 'Processor time as a share of all cores.', [
      { labels: { of: 'machine' }, value: cpu?.machineShare },
      { labels: { of: 'goby' }, value: cpu?.gobyShare },
    ]),
    gauge('goby_memory_bytes', 'Memory: of the machine, and proportional set sizes of goby.', [
      { labels: { of: 'total' }, value: memory?.totalBytes },
      { labels: { of: 'available' }, value: memory?.availableBytes },
      { labels: { of: 'agent' }, value: memory?.agentPssBytes },
      { labels: { of: 'workers' }, value: memory?.workersPssBytes },
    ]),
    gauge('goby_disk_bytes', 'The file system of the state folder.', [
      { labels: { of: 'total' }, value: disk?.totalBytes },
      { labels: { of: 'free' }, value: disk?.freeBytes },
    ]),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { type: 'gauge', name, help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { type: 'counter', name, help, samples };
}

function byName(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** `softTemperatureLimit` -> `soft_temperature_limit`. */
function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
