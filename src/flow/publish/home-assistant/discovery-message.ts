/** The one discovery message of a device: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload */
import { createHash } from 'node:crypto';
import { ConfigError } from '../../../errors.ts';
import type { ControlReading } from '../../control/control.ts';
import type { Message } from '../message.ts';
import type { Topics } from '../topics.ts';
import { agentAvailability } from './availability.ts';
import { type CameraFacts, cameraComponents } from './camera-components.ts';
import type { Component, Components, Platform } from './component.ts';
import { type DiagnosticFacts, diagnosticComponents } from './diagnostic-components.ts';
import { controlComponents, outputComponents, restartComponent } from './switch-components.ts';

/** What a device has to show, as it is now. */
export interface DeviceFacts extends DiagnosticFacts {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly version: string;
  readonly cameras: readonly CameraFacts[];
  readonly outputs: readonly string[];
  readonly controls: readonly ControlReading[];
  readonly snapshots: boolean;
  /** Names of the requests that are answered. */
  readonly commands: readonly string[];
}

export function deviceComponents(topics: Topics, facts: DeviceFacts): Components {
  const { cameras, outputs, controls, snapshots, commands } = facts;
  const canTakeSnapshots = commands.includes('snapshot');
  return distinct([
    ...cameras.flatMap((camera) => cameraComponents(camera, { topics, snapshots, canTakeSnapshots })),
    ...outputComponents(topics, outputs),
    ...controlComponents(topics, controls),
    ...(commands.includes('restart') ? [restartComponent(topics)] : []),
    ...diagnosticComponents(topics, facts),
  ]);
}

/**
 * @param removed entities that were there before: an entry with nothing but its platform removes one
 * @throws ConfigError for a prefix with wildcards
 */
export function discoveryMessage(
  {
    topics,
    discoveryPrefix,
    removed,
  }: { topics: Topics; discoveryPrefix: string; removed: Readonly<Record<string, Platform>> },
  facts: DeviceFacts,
): Message {
  const { id, name, version } = facts;
  const components = Object.entries(deviceComponents(topics, facts)).map(([component, options]) => [
    component,
    { ...options, unique_id: `goby_${id}_${component}` },
  ]);
  const removals = Object.entries(removed).map(([component, platform]) => [component, { platform }]);
  const payload = {
    device: {
      identifiers: [`goby_${id}`],
      name,
      manufacturer: 'goby',
      model: 'goby edge-vision agent',
      sw_version: version,
    },
    origin: { name: 'goby', sw_version: version },
    availability: [agentAvailability(topics)],
    availability_mode: 'all',
    components: Object.fromEntries([...removals, ...components]),
  };
  return { topic: discoveryTopic(discoveryPrefix, id), payload: JSON.stringify(payload), qos: 1, retain: true };
}

/** @throws ConfigError for wildcards and empty levels */
export function discoveryTopic(discoveryPrefix: string, deviceId: string): string {
  return `${checkedPrefix(discoveryPrefix)}/device/goby_${deviceId}/config`;
}

/** Where Home Assistant says online when it has started. */
export function birthTopic(discoveryPrefix: string): string {
  return `${checkedPrefix(discoveryPrefix)}/status`;
}

function checkedPrefix(prefix: string): string {
  if (/^[^+#\p{Cc}/\s]+(\/[^+#\p{Cc}/\s]+)*$/u.test(prefix)) return prefix;
  throw new ConfigError(
    `homeAssistant.discoveryPrefix: expected a topic without wildcards (+ #), spaces or empty levels, got ${prefix}.`,
  );
}

/** Names such as `a-b` and `c` give the same id as `a` and `b-c`: the later one is told apart by what it shows. */
function distinct(entries: readonly (readonly [string, Component])[]): Components {
  const components = new Map<string, Component>();
  for (const [id, component] of entries) {
    const mark = createHash('sha256').update(JSON.stringify(component)).digest('hex').slice(0, 8);
    components.set(components.has(id) ? `${id}-${mark}` : id, component);
  }
  return Object.fromEntries(components);
}
