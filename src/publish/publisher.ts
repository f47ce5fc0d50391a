/** Everything goby says and hears over MQTT: what the agent holds in its hands. */
import type { MqttConfig, PublishConfig } from '../config/schema.ts';
import type { Detections } from '../interpret/detection.ts';
import type { Logger } from '../logger.ts';
import type { PartHealth } from '../service/health.ts';
import type { Event, Presence } from '../track/event.ts';
import { type CommandHandlers, createCommandTable } from './commands.ts';
import { createDetectionsGate } from './detections-gate.ts';
import type { Message } from './message.ts';
import { MqttSession, type SessionStatus } from './mqtt-session.ts';
import {
  detectionsMessage,
  eventMessage,
  healthMessage,
  infoMessage,
  type OutputReading,
  outputMessage,
  presenceMessages,
  stateMessage,
  telemetryMessage,
} from './payloads.ts';
import { topicsFor } from './topics.ts';
import { type MessageKind, Traffic, type TrafficSummary } from './traffic.ts';

export interface PublisherOptions {
  /** Address of the broker; undefined: no MQTT, everything is counted and dropped. */
  readonly address: string | undefined;
  readonly mqtt: MqttConfig;
  readonly publish: PublishConfig;
  readonly deviceId: string;
  readonly handlers: CommandHandlers;
  readonly logger: Logger;
  readonly env?: NodeJS.ProcessEnv;
  onStatus(status: SessionStatus): void;
}

export interface PublisherReport {
  readonly traffic: Record<MessageKind, TrafficSummary>;
  /** Messages at QoS 0 that had no session to go to. */
  readonly droppedTotal: number;
  /** Events that wait for a session, and those lost because too many waited. */
  readonly waitingEvents: number;
  readonly lostEventsTotal: number;
}

export interface Publisher {
  start(): void;
  /** Says offline and ends the session. */
  stop(): Promise<void>;
  detections(seen: Detections): void;
  event(event: Event): void;
  presence(presence: Presence): void;
  telemetry(telemetry: object): void;
  health(parts: Readonly<Record<string, PartHealth>>): void;
  info(info: object): void;
  output(name: string, reading: OutputReading): void;
  report(): PublisherReport;
}

/** Events that wait in memory at most; the oldest is lost first. */
const mostWaitingEvents = 1000;

interface WaitingEvent {
  readonly event: Event;
  /** It could not be sent when it happened. */
  replayed: boolean;
  sent: boolean;
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { address, mqtt, publish, deviceId, handlers, logger, env = process.env, onStatus } = options;
  const topics = topicsFor({ prefix: publish.topicPrefix, deviceId });
  const gate = createDetectionsGate(publish);
  const traffic = new Traffic();
  /** Last value of every retained topic: said anew on each connect. */
  const kept = new Map<string, Message>();
  const waiting: WaitingEvent[] = [];
  let droppedTotal = 0;
  let lostEventsTotal = 0;
  let session: MqttSession | undefined;

  const send = (kind: MessageKind, message: Message): void => {
    if (session?.isConnected !== true) {
      if (message.qos === 0) droppedTotal += 1;
      return;
    }
    traffic.count(kind, message);
    void session.publish(message);
  };
  const keep = (message: Message): void => {
    if (kept.get(message.topic)?.payload === message.payload) return;
    kept.set(message.topic, message);
    send('state', message);
  };
  const sendEvent = (entry: WaitingEvent): void => {
    if (session?.isConnected !== true) {
      entry.replayed = true;
      return;
    }
    const message = eventMessage(topics, entry.event, entry.replayed);
    entry.sent = true;
    traffic.count('events', message);
    void session.publish(message).then((taken) => {
      entry.sent = false;
      if (!taken) entry.replayed = true;
      else if (waiting.includes(entry)) waiting.splice(waiting.indexOf(entry), 1);
    });
  };
  const commands = createCommandTable({ topics, handlers, logger, respond: (message) => send('state', message) });

  if (address !== undefined) {
    session = new MqttSession({
      address,
      config: mqtt,
      clientId: `goby-${deviceId}`,
      will: stateMessage(topics, 'offline'),
      subscriptions: topics.commandFilters,
      logger,
      env,
      onStatus,
      onConnect: () => {
        send('state', stateMessage(topics, 'online'));
        for (const message of kept.values()) send('state', message);
        for (const entry of waiting) if (!entry.sent) sendEvent(entry);
      },
      onMessage: (topic, payload, retained) => commands.take(topic, payload, retained),
    });
  }

  return {
    start: () => {
      if (session) session.start();
      else onStatus({ state: 'stopped', detail: 'mqtt.broker is off' });
    },
    stop: async () => {
      await session?.stop(stateMessage(topics, 'offline'));
    },
    detections: (seen) => {
      if (gate.admits(seen)) send('detections', detectionsMessage(topics, seen));
    },
    event: (event) => {
      if (session === undefined) return;
      const entry: WaitingEvent = { event, replayed: false, sent: false };
      if (waiting.length === mostWaitingEvents) {
        waiting.shift();
        lostEventsTotal += 1;
      }
      waiting.push(entry);
      sendEvent(entry);
    },
    presence: (presence) => {
      for (const message of presenceMessages(topics, presence)) keep(message);
    },
    telemetry: (telemetry) => send('telemetry', telemetryMessage(topics, telemetry)),
    health: (parts) => keep(healthMessage(topics, parts)),
    info: (info) => keep(infoMessage(topics, info)),
    output: (name, reading) => keep(outputMessage(topics, name, reading)),
    report: () => ({ traffic: traffic.summary(), droppedTotal, waitingEvents: waiting.length, lostEventsTotal }),
  };
}
