/** A device with one of everything. */
import { readable } from '../../../../src/flow/publish/home-assistant/component.ts';
import type { DeviceFacts } from '../../../../src/flow/publish/home-assistant/discovery-message.ts';
import { discoveryMessage } from '../../../../src/flow/publish/home-assistant/discovery-message.ts';
import { topicsFor } from '../../../../src/flow/publish/topics.ts';
import { type Discovery, discoverySchema } from './discovery-schema.ts';

export const topics = topicsFor({ prefix: 'goby', deviceId: 'pi' });

export const telemetry = {
  cpuTemperatureC: 48.3,
  edgetpuTemperatureC: 52.1,
  throttling: {
    now: { undervoltage: false, frequencyCapped: false, throttled: true, softTemperatureLimit: false },
    sinceBoot: { undervoltage: false, frequencyCapped: false, throttled: true, softTemperatureLimit: false },
    raw: '0x40004',
  },
  undervoltage: false,
  disk: { totalBytes: 32_000_000_000, freeBytes: 12_345_678_901 },
  wifiSignalDbm: { wlan0: -52 },
  cameras: { front: { framesTotal: 10, droppedTotal: 0, framesPerSecond: 9.87 } },
  mqtt: { waitingEvents: 3 },
};

export function factsOf(changes: Partial<DeviceFacts> = {}): DeviceFacts {
  return {
    id: 'pi',
    name: readable('front-door-pi'),
    version: '1.2.3',
    cameras: [{ name: 'front', labels: ['person', 'traffic light'] }],
    outputs: ['led'],
    controls: [
      { name: 'night', kind: 'arming', value: true, reason: 'at the start' },
      { name: 'front-threshold', kind: 'number', min: 0, max: 1, step: 0.01, value: 0.5, reason: 'at the start' },
    ],
    snapshots: true,
    commands: ['ping', 'info', 'restart', 'snapshot'],
    telemetry,
    telemetryIntervalMs: 30_000,
    hasEdgetpuModel: true,
    ...changes,
  };
}

/** The message as Home Assistant would read it. */
export function discoveryOf(changes: Partial<DeviceFacts> = {}, removed = {}): Discovery {
  const { payload } = discoveryMessage({ topics, discoveryPrefix: 'homeassistant', removed }, factsOf(changes));
  return discoverySchema.parse(JSON.parse(payload as string));
}

/** One component of it, with every option readable. */
export function componentOf(id: string, changes: Partial<DeviceFacts> = {}): Record<string, unknown> {
  const component = discoveryOf(changes).components[id];
  if (component === undefined) throw new Error(`no component ${id}`);
  return component;
}
