/** What goby tells mqtt.js, and through it the broker, when it connects. */
import type { IClientOptions } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { longestInboundBytes } from './inbound-limit.ts';
import type { Message } from './message.ts';

export interface ConnectingAs {
  readonly config: Pick<MqttConfig, 'protocolVersion' | 'keepaliveSeconds' | 'tls'>;
  readonly clientId: string;
  readonly will: Message;
  /** How long the broker may take to answer. */
  readonly answerMs: number;
}

/** A clean session: what goby says is retained or said anew, and a request from before is no request any more. */
export function clientOptions({ config, clientId, will, answerMs }: ConnectingAs): IClientOptions {
  return {
    clientId,
    clean: true,
    protocolVersion: config.protocolVersion,
    keepalive: config.keepaliveSeconds,
    connectTimeout: answerMs,
    // The schedule of retries is ours.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain },
    rejectUnauthorized: config.tls.verify,
    // MQTT 5: the broker leaves out what is longer.
    ...(config.protocolVersion === 5 ? { properties: { maximumPacketSize: longestInboundBytes } } : {}),
  };
}
