/** The agent's publisher: goby's own topics, and Frigate's where the configuration asks for them. */
import type { LoadedConfig } from '../config/load.ts';
import { withFrigate } from '../flow/publish/frigate/with-frigate.ts';
import { createPublisher, type Publisher, type PublisherOptions } from '../flow/publish/publisher.ts';
import type { Snapshots } from '../flow/snapshot/snapshots.ts';
import type { Logger } from '../logger.ts';
import type { Health } from '../system/service/health.ts';
import type { AgentHome } from './home-assistant.ts';
import type { AgentOutbox } from './outbox.ts';
import { brokerReport } from './part-health.ts';

export interface AgentPublisherParts
  extends Pick<PublisherOptions, 'address' | 'longestPacketBytes' | 'login' | 'deviceId' | 'handlers'> {
  readonly loaded: Pick<LoadedConfig, 'config'>;
  readonly health: Health;
  readonly logger: Logger;
  readonly outbox: AgentOutbox;
  readonly home: Pick<AgentHome, 'listeners' | 'onRetain'>;
  /** An event waits for its snapshot. */
  readonly snapshots: Pick<Snapshots, 'ready'>;
}

export function createAgentPublisher(parts: AgentPublisherParts): Publisher {
  const { loaded, health, logger, outbox, home, snapshots, handlers, ...broker } = parts;
  const { address, longestPacketBytes, login, deviceId } = broker;
  const { config } = loaded;
  const beforeEvent = ({ id }: { id: string }) => snapshots.ready(id);
  const own = createPublisher({
    ...outbox.options,
    address,
    longestPacketBytes,
    login,
    deviceId,
    handlers,
    mqtt: config.mqtt,
    publish: config.publish,
    logger: logger.child('mqtt'),
    beforeEvent,
    listeners: home.listeners,
    onRetain: home.onRetain,
    onStatus: brokerReport(health, logger.child('mqtt')),
  });
  return withFrigate(own, { address, longestPacketBytes, login, config, deviceId, logger, beforeEvent });
}
