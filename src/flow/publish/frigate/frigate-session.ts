/** Speaks in Frigate's topics, in a session of its own: `available` needs a last will, and a session has only one. */
import type { Config } from '../../../config/schema.ts';
import type { Logger } from '../../../logger.ts';
import type { RandomSource } from '../../../system/service/retry.ts';
import type { Detections } from '../../interpret/detection.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Event, Presence } from '../../track/event.ts';
import type { BrokerLogin } from '../credentials.ts';
import { KeptMessages } from '../kept-messages.ts';
import { MqttSession, type SessionStatus } from '../mqtt-session.ts';
import type { SessionPace } from '../session-history.ts';
import { within } from '../within.ts';
import {
  type FrameFacts,
  type FrigateObject,
  frigateAvailable,
  frigateCount,
  frigateEvent,
  frigateObject,
  frigateTopics,
} from './frigate-payloads.ts';

export interface FrigateSessionOptions {
  readonly address: string;
  readonly longestPacketBytes?: number | undefined;
  readonly login?: BrokerLogin | undefined;
  readonly config: Pick<Config, 'mqtt' | 'publish' | 'snapshots'>;
  readonly deviceId: string;
  readonly logger: Logger;
  readonly env?: NodeJS.ProcessEnv;
  readonly pace?: SessionPace | undefined;
  readonly random?: RandomSource | undefined;
  /** What an event has to wait for before it is sent, such as its snapshot; undefined: nothing. */
  readonly beforeEvent?: ((event: Event) => Promise<void> | undefined) | undefined;
}

/** An event that waits for its snapshot goes without it after this long. */
const longestWaitMs = 2000;

/**
 * As with Frigate, what happens without a session is let go: events that must not be lost are those under goby's own
 * topics.
 */
export class FrigateSession {
  readonly #session: MqttSession;
  readonly #topics;
  readonly #options: FrigateSessionOptions;
  /** The newest frame of each camera. */
  readonly #frames = new Map<string, FrameFacts>();
  /** Open events as they were told last. */
  readonly #told = new Map<string, FrigateObject>();
  readonly #counts = new Map<string, Presence>();
  readonly #snapshots: KeptMessages;
  /** What the log was told last. */
  #refusal = '';

  constructor(options: FrigateSessionOptions) {
    this.#options = options;
    const {
      address,
      longestPacketBytes,
      login,
      config,
      deviceId,
      logger,
      env = process.env,
      pace,
      random = Math.random,
    } = options;
    this.#snapshots = new KeptMessages({
      random,
      send: (message) => this.#session.publish(message),
      isConnected: () => this.#session.isConnected,
    });
    this.#topics = frigateTopics(config.publish.frigate.topicPrefix);
    this.#session = new MqttSession({
      address,
      longestPacketBytes,
      login,
      config: config.mqtt,
      clientId: `goby-${deviceId}-frigate`,
      birth: frigateAvailable(this.#topics, 'online'),
      will: frigateAvailable(this.#topics, 'offline'),
      subscriptions: [],
      logger,
      env,
      pace,
      random,
      // goby's own session tells of the broker; this one only of what the other can't have met.
      onStatus: ({ state, detail }) => this.#reportStatus(state, detail),
      onConnect: () => this.#greet(),
      onMessage: () => undefined,
    });
  }

  start(): void {
    this.#session.start();
  }

  stop(): Promise<void> {
    this.#snapshots.stop();
    return this.#session.stop(frigateAvailable(this.#topics, 'stopped'));
  }

  detections({ camera, capturedAtMs, frameWidthPx, frameHeightPx }: Detections): void {
    this.#frames.set(camera, { capturedAtMs, widthPx: frameWidthPx, heightPx: frameHeightPx });
  }

  /** Told behind the detections of its frame, which come right after it and know when it was and how large. */
  event(event: Event): void {
    queueMicrotask(() => this.#publishEvent(event));
  }

  presence(presence: Presence): void {
    const { camera } = presence;
    this.#counts.set(`${camera} ${presence.label}`, presence);
    void this.#session.publish(frigateCount(this.#topics, presence));
    const count = [...this.#counts.values()].reduce((sum, one) => sum + (one.camera === camera ? one.count : 0), 0);
    void this.#session.publish(frigateCount(this.#topics, { camera, label: 'all', present: count > 0, count }));
  }

  async snapshot({ camera, label, jpeg, smaller }: Snapshot): Promise<void> {
    if (label === undefined) return;
    const message = { topic: this.#topics.snapshot(camera, label), payload: jpeg, qos: 0, retain: true } as const;
    await this.#snapshots.say(smaller === undefined ? message : { ...message, smaller });
  }

  #reportStatus(state: SessionStatus['state'], detail: string): void {
    this.#options.logger[state === 'refused' && detail !== this.#refusal ? 'warn' : 'debug'](detail);
    if (state === 'refused') this.#refusal = detail;
    if (state === 'connected') this.#refusal = '';
  }

  #publishEvent(event: Event): void {
    const frame = this.#frames.get(event.camera);
    if (frame === undefined) return;
    const after = frigateObject(event, frame, this.#options.config.snapshots.enabled);
    const before = this.#told.get(event.id) ?? after;
    if (event.type === 'end') this.#told.delete(event.id);
    else this.#told.set(event.id, after);
    const message = frigateEvent(this.#topics, { type: event.type, before, after });
    const send = () => void this.#session.publish(message);
    const waiting = this.#options.beforeEvent?.(event);
    if (waiting === undefined) send();
    else void within(longestWaitMs, waiting).then(send);
  }

  #greet(): void {
    for (const presence of this.#counts.values()) void this.#session.publish(frigateCount(this.#topics, presence));
    this.#snapshots.connected(() => undefined);
  }
}
