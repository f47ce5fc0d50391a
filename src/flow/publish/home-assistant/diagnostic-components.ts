/** Diagnostics: what telemetry, health and info tell of the machine; only what this machine gives. */
import type { Topics } from '../topics.ts';
import { stateOf } from './availability.ts';
import { type Component, componentId, readable } from './component.ts';

type Entry = readonly [id: string, component: Component];

export interface DiagnosticFacts {
  /** The last telemetry as published; undefined before there was one. */
  readonly telemetry: Readonly<Record<string, unknown>> | undefined;
  readonly telemetryIntervalMs: number;
  /** A model in use has a twin for the Edge TPU, so that its absence is worth telling. */
  readonly hasEdgetpuModel: boolean;
}

/** A value of telemetry, by the keys that lead to it. */
interface Reading {
  readonly id: string;
  readonly path: readonly string[];
  readonly platform?: 'sensor' | 'binary_sensor';
  /** Turns the value, a Jinja expression, into what is shown. */
  readonly shown?: (value: string) => string;
  /** Shown also while telemetry doesn't give it. */
  readonly always?: boolean;
  readonly options: { readonly name: string } & Readonly<Record<string, unknown>>;
}

const temperature = { device_class: 'temperature', state_class: 'measurement', unit_of_measurement: '°C' };
const problem = { device_class: 'problem', payload_on: 'ON', payload_off: 'OFF' };
const onOff = (value: string): string => `'ON' if ${value} else 'OFF'`;

const readings: readonly Reading[] = [
  { id: 'cpu-temperature', path: ['cpuTemperatureC'], options: { name: 'CPU temperature', ...temperature } },
  {
    id: 'edgetpu-temperature',
    path: ['edgetpuTemperatureC'],
    options: { name: 'Edge TPU temperature', ...temperature },
  },
  {
    id: 'throttled',
    path: ['throttling', 'now', 'throttled'],
    platform: 'binary_sensor',
    shown: onOff,
    options: { name: 'Throttled', ...problem },
  },
  {
    id: 'undervoltage',
    path: ['undervoltage'],
    platform: 'binary_sensor',
    shown: onOff,
    options: { name: 'Under-voltage', ...problem },
  },
  {
    id: 'disk-free',
    path: ['disk', 'freeBytes'],
    shown: (value) => `(${value} / 1000000) | int`,
    options: { name: 'Disk free', device_class: 'data_size', state_class: 'measurement', unit_of_measurement: 'MB' },
  },
  {
    id: 'outbox',
    path: ['mqtt', 'waitingEvents'],
    options: { name: 'Events waiting', icon: 'mdi:tray-full', state_class: 'measurement' },
  },
];

/** True for what may be missing for a while, such as the signal of a Wi-Fi that isn't up yet. */
export function isMeasured(id: string): boolean {
  return id.startsWith('wifi-') || readings.some((reading) => reading.id === id);
}

export function diagnosticComponents(topics: Topics, facts: DiagnosticFacts): Entry[] {
  const { telemetry } = facts;
  const known =
    telemetry === undefined ? [] : [...readings, ...wirelessReadings(telemetry), ...cameraReadings(telemetry)];
  const measured = known
    .filter(({ path, always }) => always === true || valueAt(telemetry, path) !== undefined)
    .map((reading): Entry => [reading.id, telemetryComponent(topics, reading, facts.telemetryIntervalMs)]);
  return [...measured, ...inferenceComponents(topics, facts)];
}

function telemetryComponent({ telemetry: state_topic }: Topics, reading: Reading, intervalMs: number): Component {
  const { path, platform = 'sensor', shown = (value: string) => value, options } = reading;
  const [last, ...above] = [...path].reverse();
  const parent = above.reverse().reduce((expression, key) => `(${expression}['${key}'] | default({}))`, 'value_json');
  const value = `${parent}['${last}']`;
  return {
    platform,
    state_topic,
    // An empty text leaves a sensor as it is.
    value_template: `{% if ${value} is defined %}{{ ${shown(value)} }}{% endif %}`,
    entity_category: 'diagnostic',
    // Three messages missed: what was measured then says nothing about now.
    expire_after: Math.ceil((3 * intervalMs) / 1000),
    ...options,
  };
}

function wirelessReadings(telemetry: Readonly<Record<string, unknown>>): Reading[] {
  return keysOf(telemetry['wifiSignalDbm']).map((wireless) => ({
    id: componentId('wifi', wireless.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '_')),
    path: ['wifiSignalDbm', wireless],
    options: {
      name: `Wi-Fi signal ${wireless}`,
      device_class: 'signal_strength',
      state_class: 'measurement',
      unit_of_measurement: 'dBm',
    },
  }));
}

/** The rate is absent while no frames come; its sensor is there with the camera. */
function cameraReadings(telemetry: Readonly<Record<string, unknown>>): Reading[] {
  return keysOf(telemetry['cameras']).map((camera) => ({
    id: componentId(camera, 'frame-rate'),
    path: ['cameras', camera, 'framesPerSecond'],
    always: true,
    options: {
      name: `${readable(camera)} frame rate`,
      icon: 'mdi:speedometer',
      state_class: 'measurement',
      unit_of_measurement: 'fps',
    },
  }));
}

function inferenceComponents({ info, health }: Topics, { hasEdgetpuModel }: DiagnosticFacts): Entry[] {
  const shared = { entity_category: 'diagnostic' } as const;
  const entries: Entry[] = [
    [
      'backend',
      {
        platform: 'sensor',
        name: 'Backend',
        device_class: 'enum',
        options: ['cpu', 'xnnpack', 'edgetpu', 'none'],
        icon: 'mdi:chip',
        state_topic: info,
        value_template: "{{ value_json.backend | default('none') }}",
        ...shared,
      },
    ],
    [
      'inference',
      {
        platform: 'sensor',
        name: 'Inference',
        device_class: 'enum',
        options: ['starting', 'ready', 'degraded', 'failing-over', 'stopped'],
        icon: 'mdi:brain',
        state_topic: health,
        value_template: `{{ ${stateOf('worker')} }}`,
        json_attributes_topic: health,
        json_attributes_template: "{{ value_json['worker'] | default({}) | tojson }}",
        ...shared,
      },
    ],
  ];
  if (!hasEdgetpuModel) return entries;
  const edgetpu: Component = {
    platform: 'binary_sensor',
    name: 'Edge TPU',
    device_class: 'running',
    payload_on: 'edgetpu',
    payload_off: 'none',
    state_topic: info,
    value_template: "{{ 'edgetpu' if (value_json.backend | default('')) == 'edgetpu' else 'none' }}",
    ...shared,
  };
  return [...entries, ['edgetpu', edgetpu]];
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (level, key) => (typeof level === 'object' && level !== null ? (level as Record<string, unknown>)[key] : undefined),
    tree,
  );
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
