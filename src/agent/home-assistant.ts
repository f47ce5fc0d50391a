/** Wires Home Assistant's discovery and the retained topics of earlier runs to the agent. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { Controls } from '../flow/control/controls.ts';
import { openDiscoveryMemory } from '../flow/publish/home-assistant/discovery-memory.ts';
import type { DeviceFacts } from '../flow/publish/home-assistant/discovery-message.ts';
import { createHomeAssistant, type HomeAssistant } from '../flow/publish/home-assistant/home-assistant.ts';
import type { Publisher } from '../flow/publish/publisher.ts';
import { openRetainedTopics, type RetainedTopics } from '../flow/publish/retained-topics.ts';
import { topicsFor } from '../flow/publish/topics.ts';
import type { Logger } from '../logger.ts';
import { StateFile } from '../system/files/state-file.ts';
import type { Telemetry } from '../system/measure/telemetry-timer.ts';

export interface AgentHomeParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly device: { readonly id: string; readonly name: string };
  readonly version: string;
  readonly logger: Logger;
  /** Empty until the models are loaded. */
  readonly cameras: readonly Pick<CameraFlow, 'name' | 'labels' | 'hasEdgetpuModel'>[];
  readonly controls: Pick<Controls, 'list'>;
  /** Names of the requests that are answered. */
  readonly requests: readonly string[];
  /** The configuration as it is now: `loaded` is as it was at the start. */
  readonly settings: { readonly loaded: Pick<LoadedConfig, 'config'> };
}

export interface AgentHome {
  /** For the publisher. */
  readonly listeners: ReadonlyMap<string, (payload: Uint8Array) => void>;
  readonly onRetain: (topic: string) => void;
  /** Where its messages go to. To be called before any other. */
  publishTo(publisher: Pick<Publisher, 'retain'>): void;
  /** The cameras are known: clears what an earlier run said, before they start. */
  putRight(): void;
  /** Takes a new reading, and shows what has changed since the last one. */
  telemetry(reading: Telemetry): void;
  /** Shows what a changed setting has changed. */
  refresh(): void;
  stop(): Promise<void>;
}

export function createAgentHome(parts: AgentHomeParts): AgentHome {
  const { loaded, device, cameras, controls } = parts;
  const { config, places } = loaded;
  const logger = parts.logger.child('mqtt');
  const topics = topicsFor({ prefix: config.publish.topicPrefix, deviceId: device.id });
  const retained: RetainedTopics = openRetainedTopics(new StateFile(join(places.stateDir, 'retained.json')), logger);
  let telemetry: Telemetry = {};
  const publishers: Pick<Publisher, 'retain'>[] = [];
  const retain: Publisher['retain'] = (...message) => {
    for (const publisher of publishers) publisher.retain(...message);
  };
  const homeAssistant: HomeAssistant | undefined = isShown(config)
    ? createHomeAssistant({
        topics,
        discoveryPrefix: config.homeAssistant.discoveryPrefix,
        memory: openDiscoveryMemory(new StateFile(join(places.stateDir, 'home-assistant.json')), logger),
        facts: () => factsOf(parts, telemetry),
        retain,
      })
    : undefined;
  return {
    listeners: new Map(homeAssistant ? [[homeAssistant.birthTopic, homeAssistant.heard]] : []),
    onRetain: retained.add,
    publishTo: (publisher) => publishers.push(publisher),
    putRight: () => {
      const present = {
        cameras: cameras.map(({ name, labels }) => ({ name, labels })),
        outputs: Object.keys(config.outputs),
        controls: controls.list().map(({ name }) => name),
      };
      for (const message of retained.putRight(topics, present)) retain(message);
      if (homeAssistant === undefined) return;
      for (const { name, labels } of cameras.filter((camera) => camera.labels.length > mostLabels)) {
        const count = `${labels.length} labels of ${name} are too many for Home Assistant`;
        logger.info(`${count}: name the ones to show, ${mostLabels} at most, under cameras.${name}.labels`);
      }
    },
    telemetry: (reading) => {
      telemetry = reading;
      homeAssistant?.refresh();
    },
    refresh: () => homeAssistant?.refresh(),
    stop: async () => {
      await Promise.all([homeAssistant?.stop(), retained.flush()]);
    },
  };
}

/** Of a camera that follows more labels than this none is shown: nobody wants a thousand entities. */
const mostLabels = 12;

function factsOf(parts: AgentHomeParts, telemetry: Telemetry): DeviceFacts {
  const { loaded, device, version, cameras, controls, requests, settings } = parts;
  const { config } = loaded;
  return {
    id: device.id,
    name: device.name,
    version,
    cameras: cameras.map(({ name, labels }) => ({ name, labels: labels.length > mostLabels ? [] : labels })),
    outputs: Object.keys(config.outputs),
    controls: controls.list(),
    snapshots: config.snapshots.enabled,
    commands: requests,
    telemetry,
    telemetryIntervalMs: settings.loaded.config.publish.telemetryIntervalMs,
    hasEdgetpuModel: cameras.some(({ hasEdgetpuModel }) => hasEdgetpuModel),
  };
}

function isShown({ homeAssistant: { discovery }, mqtt: { broker, embedded } }: Config): boolean {
  if (broker === 'off') return false;
  if (discovery !== 'auto') return discovery === 'on';
  return broker !== 'embedded' || !/^(127\.|::1$|localhost$)/.test(embedded.host);
}
