/** The MQTT session: connects, comes back with back-off, and says everything anew on every connect. */
import type { Socket } from 'node:net';
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { AnswerWatch } from './answer-watch.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import type { Delivery, Message } from './message.ts';
import { SendWindow } from './send-window.ts';
import { SessionHistory, type SessionPace } from './session-history.ts';
import { within } from './within.ts';

export interface SessionStatus {
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'refused' | 'stopped';
  /** A sentence: with whom, or why not and how to mend it. */
  readonly detail: string;
  /** The next attempt is over by then, performance.now() ms. */
  readonly waitUntilMs?: number;
}

export interface MqttSessionOptions {
  /** mqtt:// or mqtts:// with host and port. */
  readonly address: string;
  readonly config: MqttConfig;
  readonly clientId: string;
  /** Published by the broker when the session ends without a word. */
  readonly will: Message;
  /** Topic filters to subscribe to on every connect. */
  readonly subscriptions: readonly string[];
  readonly logger: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly pace?: SessionPace | undefined;
  onStatus(status: SessionStatus): void;
  /** On every connect, behind the subscription: the place to publish state. */
  onConnect(): void;
  onMessage(topic: string, payload: Uint8Array, retained: boolean): void;
}

/** Longest wait for the broker to take our good-bye. */
const farewellMs = 1500;
/** QoS 1 messages without an answer at most, less where an MQTT 5 broker says so; and those that wait for their turn. */
const mostInFlight = 100;
const mostWaiting = 2000;
/** How often it is looked whether answers are overdue. */
const answersIntervalMs = 250;
/** With this much not yet sent the broker or the network can't keep up: messages at QoS 0 are left out. */
const mostUnsentBytes = 1_048_576;

export class MqttSession {
  readonly #options: MqttSessionOptions;
  readonly #history: SessionHistory;
  #client: MqttClient | undefined;
  #connected = false;
  #window = new SendWindow(mostInFlight, mostWaiting);
  readonly #answers = new AnswerWatch();
  #answersTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #toldRefusedTopic = false;

  constructor(options: MqttSessionOptions) {
    this.#options = options;
    this.#history = new SessionHistory(options);
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Returns at once; everything is told through onStatus. */
  start(): void {
    void this.#connect();
  }

  /** Hands a message to the broker. Never rejects. */
  publish(message: Message): Promise<Delivery> {
    const client = this.#client;
    if (client === undefined || !this.#connected) return Promise.resolve('unsent');
    if (message.qos === 0) {
      return client.stream.writableLength > mostUnsentBytes
        ? Promise.resolve('unsent')
        : this.#deliver(client, message);
    }
    return this.#window.run(() => this.#deliver(client, message)).then((delivery) => delivery ?? 'unsent');
  }

  /** Says good-bye with `last`, and ends the session. Takes 3 s at most. */
  async stop(last: Message): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#answersTimer);
    const client = this.#client;
    if (client) {
      await within(farewellMs, this.publish(last));
      await within(farewellMs, client.endAsync(!this.#connected));
      // A broker that hangs answers nothing; its side of the session ends with the last will.
      client.stream.destroy();
    }
    this.#connected = false;
    this.#options.onStatus({ state: 'stopped', detail: 'stopped' });
  }

  async #connect(): Promise<void> {
    const { address, config, env, onStatus, onMessage } = this.#options;
    this.#history.attempt();
    onStatus({
      state: 'connecting',
      detail: `connecting to ${address}`,
      waitUntilMs: performance.now() + this.#history.pace.answerMs,
    });
    let credentials: Credentials;
    try {
      credentials = await readCredentials(config, env);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#history.unprepared(sentence(error));
      this.#onEnd();
      return;
    }
    if (this.#stopped) return;
    const client = connect(address, this.#clientOptions(credentials));
    this.#client = client;
    // Small messages one after the other: with Nagle's algorithm each window would wait for a delayed acknowledgement.
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    client.on('connect', ({ properties }) => this.#onConnect(client, properties?.receiveMaximum));
    client.on('message', (topic, payload, { retain }) => {
      if (this.#stopped) return;
      try {
        onMessage(topic, payload, retain);
      } catch (error) {
        // Thrown through the client it would end the agent: whoever may publish must not be able to.
        const { stack } = error as Error;
        this.#options.logger.error(`a message on ${topic.slice(0, 200)} met a bug of goby: ${stack ?? String(error)}`);
      }
    });
    client.on('error', (error) => this.#history.failed(error));
    client.on('disconnect', ({ reasonCode = 0 }) => this.#history.dismissed(reasonCode));
    client.once('close', () => {
      // Answers everything that waits for the broker.
      client.end(true);
      this.#onEnd();
    });
  }

  /** A clean session: what goby says is retained or said anew, and a command from before is no command any more. */
  #clientOptions(credentials: Credentials): IClientOptions {
    const { config, clientId, will } = this.#options;
    return {
      clientId,
      clean: true,
      protocolVersion: config.protocolVersion,
      keepalive: config.keepaliveSeconds,
      connectTimeout: this.#history.pace.answerMs,
      // The schedule of retries is ours.
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain },
      rejectUnauthorized: config.tls.verify,
      ...credentials,
    };
  }

  #deliver(client: MqttClient, { topic, payload, qos, retain, expirySeconds }: Message): Promise<Delivery> {
    if (client !== this.#client || !client.connected) return Promise.resolve('unsent');
    const options: IClientPublishOptions = { qos, retain };
    if (expirySeconds !== undefined && this.#options.config.protocolVersion === 5) {
      options.properties = { messageExpiryInterval: expirySeconds };
    }
    const settled = qos === 1 ? this.#answers.sent() : undefined;
    return new Promise((resolve) => {
      client.publish(topic, typeof payload === 'string' ? payload : Buffer.from(payload), options, (error) => {
        settled?.(!error);
        if (!error) return resolve('taken');
        // Only an MQTT 5 broker says no, with a reason code.
        if (!('code' in error) || typeof error.code !== 'number') return resolve('unsent');
        if (!this.#toldRefusedTopic)
          this.#options.logger.warn(`the broker refuses messages on ${topic}: ${error.message}`);
        this.#toldRefusedTopic = true;
        resolve('refused');
      });
    });
  }

  #onConnect(client: MqttClient, receiveMaximum = mostInFlight): void {
    const { address, subscriptions, onStatus, onConnect, logger } = this.#options;
    this.#connected = true;
    this.#history.connected();
    this.#toldRefusedTopic = false;
    this.#window = new SendWindow(Math.min(receiveMaximum, mostInFlight), mostWaiting);
    if (subscriptions.length > 0) {
      client.subscribe([...subscriptions], { qos: 1 }, (error) => {
        if (error && client.connected)
          logger.warn(
            `the broker refused the subscription to commands: ${error.message}; allow ${subscriptions.join(' ')}`,
          );
      });
    }
    clearInterval(this.#answersTimer);
    this.#answersTimer = setInterval(() => this.#checkAnswers(client), answersIntervalMs);
    onStatus({ state: 'connected', detail: `connected to ${address}` });
    onConnect();
  }

  #checkAnswers(client: MqttClient): void {
    if (!this.#answers.isOverdue()) return;
    this.#history.unanswered();
    client.stream.destroy();
  }

  /** The attempt failed, or the session is over. */
  #onEnd(): void {
    this.#connected = false;
    clearInterval(this.#answersTimer);
    if (this.#stopped) return;
    const { state, detail, retryInMs } = this.#history.ended();
    const waitUntilMs = performance.now() + retryInMs + this.#history.pace.answerMs;
    this.#options.onStatus({ state, detail, waitUntilMs });
    this.#timer = setTimeout(() => void this.#connect(), retryInMs);
  }
}
