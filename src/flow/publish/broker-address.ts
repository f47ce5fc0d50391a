/** Where the broker of the configuration is reached; goby's own is started here. */
import { brokerAddress } from '../../config/broker-address.ts';
import type { Config } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import type { BrokerLogin } from './credentials.ts';
import type { EmbeddedBroker } from './embedded-broker.ts';

export interface ReachedBroker {
  /** mqtt:// or mqtts://; undefined: MQTT is off. */
  readonly address: string | undefined;
  /** To be stopped with the agent; only for broker: embedded. */
  readonly broker?: EmbeddedBroker;
  /** The longest packet that it takes, where that is known before it says so. */
  readonly longestPacketBytes?: number;
  /** Only for broker: embedded. */
  readonly login?: BrokerLogin;
}

/** Starts the embedded broker where the configuration asks for it, and says how to listen to it. */
export async function reachBroker(
  { mqtt, publish }: Pick<Config, 'mqtt' | 'publish'>,
  logger: Logger,
): Promise<ReachedBroker> {
  if (mqtt.broker === 'off') return { address: undefined };
  if (mqtt.broker !== 'embedded') return { address: brokerAddress(mqtt.broker) };
  // Most have a broker of their own: then its code isn't loaded.
  const { startEmbeddedBroker } = await import('./embedded-broker.ts');
  const broker = await startEmbeddedBroker({
    ...mqtt.embedded,
    tell: (trouble) => logger.warn(`the embedded broker: ${trouble}`),
  });
  const { host, port } = broker;
  if (mqtt.embedded.port !== 0 && port !== mqtt.embedded.port) {
    logger.warn(`port ${mqtt.embedded.port} is taken; the embedded broker listens on ${port} instead`);
  }
  const address = `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;
  logger.info(
    `the embedded broker listens on ${address}  (mosquitto_sub -h ${host} -p ${port} -t '${publish.topicPrefix}/#' -v)`,
  );
  return { address, broker, longestPacketBytes: broker.longestPacketBytes, login: broker.login };
}
