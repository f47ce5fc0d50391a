/** Everything goby says and hears over MQTT. The agent uses MQTT through this alone. */
import type { MqttConfig, PublishConfig } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import type { DeviceClock } from '../../system/service/clock.ts';
import type { PartHealth } from '../../system/service/health.ts';
import type { RandomSource } from '../../system/service/retry.ts';
import type { ControlReading } from '../control/control.ts';
import type { MessageAction } from '../decide/action.ts';
import type { Detections } from '../interpret/detection.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Event, Presence } from '../track/event.ts';
import type { BrokerLogin } from './credentials.ts';
import { createDetectionsGate } from './detections-gate.ts';
import { createEventOutlet } from './event-outlet.ts';
import { KeptMessages } from './kept-messages.ts';
import type { Delivery, Message } from './message.ts';
import type { MessageFeed } from './message-feed.ts';
import { MqttSession, type SessionStatus } from './mqtt-session.ts';
import type { Outbox } from './outbox/outbox.ts';
import { PatientSender } from './patient-sender.ts';
import {
  alertMessage,
  controlMessage,
  detectionsMessage,
  eventMessage,
  healthMessage,
  infoMessage,
  type OutputReading,
  outputMessage,
  presenceMessages,
  snapshotMessage,
  stateMessage,
  telemetryMessage,
} from './payloads.ts';
import { createRequestTable, type RequestPorts } from './requests.ts';
import type { SessionPace } from './session-history.ts';
import { topicsFor } from './topics.ts';
import { type MessageKind, Traffic, type TrafficSummary } from './traffic.ts';

export interface PublisherOptions {
  /** Address of the broker; undefined: no MQTT, everything is let go. */
  readonly address: string | undefined;
  /** The longest packet that the broker takes, where that is known before it says so. */
  readonly longestPacketBytes?: number | undefined;
  /** For goby's own broker. */
  readonly login?: BrokerLogin | undefined;
  readonly mqtt: MqttConfig;
  readonly publish: PublishConfig;
  readonly deviceId: string;
  readonly handlers: RequestPorts;
  readonly logger: Logger;
  readonly env?: NodeJS.ProcessEnv;
  /** How soon to try again; absent: sessionPace. */
  readonly pace?: SessionPace | undefined;
  readonly random?: RandomSource | undefined;
  /** What an event has to wait for before it is sent, such as its snapshot; undefined: nothing. */
  readonly beforeEvent?: (event: Event) => Promise<void> | undefined;
  /** Topics of others to listen to, such as Home Assistant's birth message. Never goby's own. */
  readonly listeners?: ReadonlyMap<string, (payload: Uint8Array) => void>;
  /** A retained topic got its first message, or one after it was deleted. */
  readonly onRetain?: (topic: string) => void;
  /** Where events wait for the broker, and whose clock they carry; the publisher closes it. Absent: in memory. */
  readonly outbox?: Outbox | undefined;
  readonly clock?: DeviceClock | undefined;
  onStatus(status: SessionStatus): void;
}

export interface PublisherReport {
  readonly traffic: Record<MessageKind, TrafficSummary>;
  /** Messages at QoS 0 that had no session to go to. */
  readonly droppedTotal: number;
  /** Events the broker hasn't taken yet, and those dropped: for room, for their age, refused, or unreadable. */
  readonly waitingEvents: number;
  readonly lostEventsTotal: number;
  /** What the outbox takes on the disk. */
  readonly outboxBytes: number;
}

export interface Publisher {
  start(): void;
  /** Says offline and ends the session. */
  stop(): Promise<void>;
  detections(seen: Detections): void;
  event(event: Event): void;
  /** Sent once, at QoS 1; without a session it is told in the log and let go: events are what is kept. */
  alert(alert: MessageAction): void;
  presence(presence: Presence): void;
  /** Resolves when it was handed to the session, or won't be. */
  snapshot(snapshot: Snapshot): Promise<void>;
  telemetry(telemetry: object): void;
  health(parts: Readonly<Record<string, PartHealth>>): void;
  info(info: object): void;
  output(name: string, reading: OutputReading): void;
  control(reading: ControlReading): void;
  /** Any other retained message. Nothing is sent when it is the same as before, unless `again` is asked. */
  retain(message: Message, options?: { readonly again: boolean }): void;
  /** Takes another choice and rate of detections from the next inference on. */
  reconfigure(publish: Pick<PublishConfig, 'detections' | 'maxPerSecond'>): void;
  report(): PublisherReport;
  /** The same messages for readers beside the broker, also where there is none. */
  readonly feed: MessageFeed;
}

/**
 * @example
 * const publisher = createPublisher({ address: 'mqtt://127.0.0.1:1883', mqtt, publish, deviceId: 'front-door',
 *   handlers: { info: () => ({ version }), setOutput: (name, on) => outputs.set(name, on),
 *     setControl: (name, value) => controls.set(name, value, 'MQTT') }, logger, onStatus: () => {} });
 * publisher.start();
 * publisher.output('led', { on: true, pattern: 'steady', reason: 'rule person-light' });
 * await publisher.stop();
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const {
    address,
    longestPacketBytes,
    login,
    mqtt,
    publish,
    deviceId,
    handlers,
    logger,
    env = process.env,
    pace,
    random = Math.random,
    beforeEvent,
    listeners = new Map<string, (payload: Uint8Array) => void>(),
    onRetain,
    outbox,
    clock,
    onStatus,
  } = options;
  const topics = topicsFor({ prefix: publish.topicPrefix, deviceId });
  let gate = createDetectionsGate(publish);
  let lastTelemetry: Message | undefined;
  const traffic = new Traffic();
  let droppedTotal = 0;
  let session: MqttSession | undefined;

  const send = async (kind: MessageKind, message: Message): Promise<Delivery> => {
    if (session === undefined) return 'unsent';
    const delivery = await session.publish(message);
    if (delivery !== 'unsent') traffic.count(kind, message);
    else if (message.qos === 0) droppedTotal += 1;
    return delivery;
  };
  const readers = new Set<(message: Message) => void>();
  /** To those who read along first: they are here, and the broker may be far. */
  const relay = (message: Message): Message => {
    for (const reader of readers) reader(message);
    return message;
  };
  const isConnected = (): boolean => session?.isConnected ?? false;
  const kept = new KeptMessages({
    random,
    isConnected,
    onRetain,
    onChange: relay,
    send: (message) => send('state', message),
  });
  const keep = (message: Message, again = false): void => void kept.say(message, again);
  const patient = new PatientSender({ random, isConnected });
  const events = createEventOutlet({
    topics,
    config: publish.outbox,
    outbox,
    clock,
    random,
    send: (message) => send('events', message),
    isConnected,
    before: beforeEvent,
  });
  const requests = createRequestTable({
    topics,
    handlers,
    logger,
    respond: (message) => {
      relay(message);
      void patient.send(() => send('responses', message));
    },
  });

  if (address !== undefined) {
    session = new MqttSession({
      address,
      longestPacketBytes,
      login,
      config: mqtt,
      clientId: `goby-${deviceId}`,
      birth: stateMessage(topics, 'online'),
      will: stateMessage(topics, 'offline'),
      subscriptions: [...topics.requestFilters, ...listeners.keys()],
      logger,
      env,
      pace,
      random,
      onStatus,
      onConnect: () => kept.connected(() => events.connected()),
      onMessage: (topic, payload, retained) => {
        const listener = listeners.get(topic);
        if (listener) listener(payload);
        else requests.take(topic, payload, retained);
      },
    });
  }

  return {
    start: () => {
      if (session) session.start();
      else onStatus({ state: 'stopped', detail: 'mqtt.broker is off' });
    },
    stop: async () => {
      kept.stop();
      patient.stop();
      await events.stop();
      await session?.stop(stateMessage(topics, 'offline'));
    },
    detections: (seen) => {
      if (gate.admits(seen)) void send('detections', relay(detectionsMessage(topics, seen)));
    },
    event: (event) => {
      // To readers when it happens, with what only the outbox knows left out.
      if (readers.size > 0) relay(eventMessage(topics, event, { replayed: false }));
      if (session) events.add(event);
    },
    alert: (alert) => {
      const message = relay(alertMessage(topics, alert));
      void patient
        .send(() => send('events', message))
        .then((delivery) => {
          if (delivery !== 'taken' && session)
            logger.warn(`the alert ${alert.name} did not reach the broker (${delivery})`);
        });
    },
    presence: (presence) => {
      for (const message of presenceMessages(topics, presence)) keep(message);
    },
    snapshot: (snapshot) => kept.say(snapshotMessage(topics, snapshot)),
    telemetry: (telemetry) => {
      lastTelemetry = telemetryMessage(topics, telemetry);
      void send('telemetry', relay(lastTelemetry));
    },
    health: (parts) => keep(healthMessage(topics, parts)),
    info: (info) => keep(infoMessage(topics, info)),
    output: (name, reading) => keep(outputMessage(topics, name, reading)),
    control: (reading) => keep(controlMessage(topics, reading)),
    retain: (message, { again } = { again: false }) => keep(message, again),
    reconfigure: (next) => {
      gate = createDetectionsGate(next);
    },
    report: () => ({
      traffic: traffic.summary(),
      droppedTotal,
      ...events.report(),
    }),
    feed: {
      base: topics.base,
      newest: () =>
        [
          stateMessage(topics, 'online'),
          ...kept.newest(),
          ...(lastTelemetry === undefined ? [] : [lastTelemetry]),
        ].filter(({ topic, payload }) => topic.startsWith(`${topics.base}/`) && payload !== ''),
      onMessage: (reader) => {
        readers.add(reader);
        return () => readers.delete(reader);
      },
      take: (topic, payload, answer) => requests.take(topic, payload, false, { answer }),
    },
  };
}
