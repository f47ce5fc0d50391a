/** The one schema of goby's configuration: types, defaults, validation and messages all come from here. */
import type { z } from 'zod';
import { logLevels } from '../logger.ts';
import { cameraSection } from './camera-section.ts';
import { controlSection } from './controls-section.ts';
import { frigateSection } from './frigate-section.ts';
import { historySection } from './history-section.ts';
import { homeAssistantSection } from './home-assistant-section.ts';
import { inputSection } from './inputs-section.ts';
import { mqttSection } from './mqtt-section.ts';
import { recipientSection } from './notify-section.ts';
import { outboxSection } from './outbox-section.ts';
import { ownModelSection } from './own-model-section.ts';
import { ruleSection } from './rules-section.ts';
import { snapshotsSection } from './snapshots-section.ts';
import {
  autoOr,
  durationMs,
  flag,
  gpioLine,
  listOf,
  named,
  oneOf,
  path,
  paths,
  realNumber,
  section,
  slug,
  text,
  topic,
  wholeNumber,
} from './values.ts';
import { metricsSection, webSection } from './web-section.ts';

/** First topic levels below goby/<device> that goby itself uses; refused as names of cameras. */
export const reservedNames = [
  'output',
  'request',
  'response',
  'state',
  'info',
  'telemetry',
  'health',
  'control',
  'alert',
] as const;

const device = section({
  id: slug('a device id', 'front-door-pi').optional(),
  name: text('a name for people to read', 'Front door').optional(),
});

const infer = section({
  /** Threads of one CPU inference; auto: measured with each model, the fewest that are nearly as fast as the best. */
  threads: autoOr(wholeNumber(1, 8, 1), 'a whole number from 1 to 8').default('auto'),
  edgetpu: oneOf(['auto', 'off']).default('auto'),
  /** An inference that takes longer is given up: the worker is killed and started again; see also infer/answer-deadline.ts. */
  deadlineMs: durationMs(50, 60_000, 2000).default(2000),
  /** How long a failed Edge TPU is left alone before it has to pass a golden inference again; doubles up to 16 times this. */
  retryMs: durationMs(100, 3_600_000, 5000).default(5000),
  /** Builds of the libraries other than the ones goby fetched or the system has. */
  library: path('/usr/lib/aarch64-linux-gnu/libtensorflowlite_c.so').optional(),
  edgetpuLibrary: path('/usr/lib/aarch64-linux-gnu/libedgetpu.so.1').optional(),
});

const models = section({
  /** Folder or address that is asked for model files before their own address. */
  mirror: text('a folder or an http(s) address', '/srv/models')
    .register(paths, { isPath: (value) => !/^https?:\/\//.test(value) })
    .optional(),
  own: named('a model', 'my-model', ownModelSection).default({}),
});

const output = section({
  /** auto: the GPIO character device, else sysfs through onoff, else simulated on a machine without GPIO. */
  adapter: oneOf(['auto', 'gpiochip', 'onoff', 'simulated']).default('auto'),
  line: gpioLine('GPIO17'),
  activeLow: flag().default(false),
  /** State on exit, on a crash of a part, and when detections stop. */
  safe: oneOf(['off', 'on']).default('off'),
  /** Longest time in the other state; 0: no limit. */
  maxOnMs: durationMs(0, 86_400_000, 60_000).default(60_000),
});

const publish = section({
  topicPrefix: topic('goby').default('goby'),
  /** off: none; changed: when labels or their number change; all: every inference. */
  detections: oneOf(['off', 'changed', 'all']).default('changed'),
  /** Upper limit of detections messages per camera. */
  maxPerSecond: realNumber(0.01, 100, 5).default(5),
  telemetryIntervalMs: durationMs(1000, 86_400_000, 30_000).default(30_000),
  /** The same in Frigate's topics and shapes, for automations that were made for it. */
  frigate: frigateSection.prefault({}),
  /** Events on disk until the broker has them. */
  outbox: outboxSection.prefault({}),
});

const service = section({
  /** Absent: systemd's state folder, else var/ of the checkout. */
  stateDir: path('/var/lib/goby').optional(),
  /** Local status socket that `goby doctor` asks; absent: systemd's runtime folder, else the state folder. */
  statusSocket: path('/run/goby/status.sock').optional(),
});

const log = section({
  level: oneOf(logLevels).default('info'),
  format: oneOf(['auto', 'text', 'journal', 'json']).default('auto'),
});

export const configSchema = section({
  device: device.prefault({}),
  cameras: named('a camera', 'front', cameraSection).prefault({ camera: {} }),
  infer: infer.prefault({}),
  models: models.prefault({}),
  rules: listOf(ruleSection, { expected: 'a list of rules', example: '[]' }).prefault([
    { name: 'alert', label: '*', output: 'led' },
  ]),
  outputs: named('an output', 'led', output).prefault({ led: { line: 'GPIO17' } }),
  controls: named('a control', 'alarm', controlSection).default({}),
  inputs: named('an input', 'button', inputSection).default({}),
  mqtt: mqttSection.prefault({}),
  publish: publish.prefault({}),
  homeAssistant: homeAssistantSection.prefault({}),
  snapshots: snapshotsSection.prefault({}),
  notify: named('a recipient', 'phone', recipientSection).default({}),
  history: historySection.prefault({}),
  web: webSection.prefault({}),
  metrics: metricsSection.prefault({}),
  service: service.prefault({}),
  log: log.prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type ModelsConfig = Config['models'];

export type InferConfig = Config['infer'];
export type OutputConfig = z.output<typeof output>;
export type MqttConfig = Config['mqtt'];
export type PublishConfig = Config['publish'];
export type DeviceConfig = Config['device'];
