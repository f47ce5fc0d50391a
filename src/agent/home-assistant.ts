/** Wires Home Assistant's discovery and the retained topics of earlier runs to the agent. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { ControlReading } from '../flow/control/control.ts';
import { openDiscoveryMemory } from '../flow/publish/home-assistant/discovery-memory.ts';
import type { DeviceFacts } from '../flow/publish/home-assistant/discovery-message.ts';
import { createHomeAssistant, type HomeAssistant } from '../flow/publish/home-assistant/home-assistant.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import { openRetainedTopics, type RetainedTopics } from '../flow/publish/retained-topics.ts';
import { topicsFor } from '../flow/publish/topics.ts';
import type { Logger } from '../logger.ts';
import { StateFile } from '../system/files/state-file.ts';

export interface AgentHomeParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly device: { readonly id: string; readonly name: string };
  readonly version: string;
  readonly logger: Logger;
  readonly publisher: () => Pick<Publisher, 'retain'> | undefined;
  readonly flows: readonly Pick<CameraFlow, 'name' | 'labels' | 'hasEdgetpuModel'>[];
  readonly controls: () => readonly ControlReading[];
  /** Names of the requests that are answered. */
  readonly commands: () => readonly string[];
  readonly telemetry: () => Readonly<Record<string, unknown>>;
  /** As it is now: what may be set while the agent works is shown as it was set. */
  readonly config: () => Pick<Config, 'publish'>;
}

export interface AgentHome {
  /** For the publisher. */
  readonly listeners: ReadonlyMap<string, (payload: Uint8Array) => void>;
  readonly onRetain: (topic: string) => void;
  /** The cameras are known: clears what an earlier run said, before they start. */
  putRight(): void;
  /** Telemetry or the configuration has news. */
  refresh(): void;
  stop(): Promise<void>;
}

export function createAgentHome(parts: AgentHomeParts): AgentHome {
  const { loaded, device, publisher, flows, controls } = parts;
  const { config, places } = loaded;
  const logger = parts.logger.child('mqtt');
  const topics = topicsFor({ prefix: config.publish.topicPrefix, deviceId: device.id });
  const retained: RetainedTopics = openRetainedTopics(new StateFile(join(places.stateDir, 'retained.json')), logger);
  const homeAssistant: HomeAssistant | undefined = isShown(config)
    ? createHomeAssistant({
        topics,
        discoveryPrefix: config.homeAssistant.discoveryPrefix,
        memory: openDiscoveryMemory(new StateFile(join(places.stateDir, 'home-assistant.json')), logger),
        facts: () => factsOf(parts),
        retain: (message, options) => publisher()?.retain(message, options),
      })
    : undefined;
  return {
    listeners: new Map(homeAssistant ? [[homeAssistant.birthTopic, homeAssistant.heard]] : []),
    onRetain: retained.add,
    putRight: () => {
      const present = {
        cameras: flows.map(({ name, labels }) => ({ name, labels })),
        outputs: Object.keys(config.outputs),
        controls: controls().map(({ name }) => name),
      };
      for (const message of retained.putRight(topics, present)) publisher()?.retain(message);
      if (homeAssistant === undefined) return;
      for (const { name, labels } of flows.filter((flow) => flow.labels.length > mostLabels)) {
        const count = `${labels.length} labels of ${name} are too many for Home Assistant`;
        logger.info(`${count}: name the ones to show, ${mostLabels} at most, under cameras.${name}.labels`);
      }
    },
    refresh: () => homeAssistant?.refresh(),
    stop: async () => {
      await Promise.all([homeAssistant?.stop(), retained.flush()]);
    },
  };
}

/** Of a camera that follows more labels than this none is shown: nobody wants a thousand entities. */
const mostLabels = 12;

function factsOf(parts: AgentHomeParts): DeviceFacts {
  const { loaded, device, version, flows, controls, commands, telemetry, config: current } = parts;
  const { config } = loaded;
  return {
    id: device.id,
    name: device.name,
    version,
    cameras: flows.map(({ name, labels }) => ({ name, labels: labels.length > mostLabels ? [] : labels })),
    outputs: Object.keys(config.outputs),
    controls: controls(),
    snapshots: config.snapshots.enabled,
    commands: commands(),
    telemetry: telemetry(),
    telemetryIntervalMs: current().publish.telemetryIntervalMs,
    hasEdgetpuModel: flows.some(({ hasEdgetpuModel }) => hasEdgetpuModel),
  };
}

function isShown({ homeAssistant: { discovery }, mqtt: { broker, embedded } }: Config): boolean {
  if (broker === 'off') return false;
  if (discovery !== 'auto') return discovery === 'on';
  return broker !== 'embedded' || !/^(127\.|::1$|localhost$)/.test(embedded.host);
}
