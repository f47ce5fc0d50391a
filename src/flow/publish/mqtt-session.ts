/** The MQTT session: connects, comes back with back-off, and says everything anew on every connect. */
import type { Socket } from 'node:net';
import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { RandomSource } from '../../system/service/retry.ts';
import { AnswerWatch } from './answer-watch.ts';
import { Birth } from './birth.ts';
import { promisesOf } from './broker-promises.ts';
import { cleanPacket } from './clean-packet.ts';
import { clientOptions } from './client-options.ts';
import { type BrokerLogin, type Credentials, readCredentials } from './credentials.ts';
import { limitInbound, longestInboundBytes } from './inbound-limit.ts';
import { LeftOut } from './left-out.ts';
import type { Delivery, Message } from './message.ts';
import { qosNotSupported, retainNotSupported } from './reason-codes.ts';
import { type Outlook, SessionHistory, type SessionPace } from './session-history.ts';
import { SessionSender } from './session-sender.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Sent } from './under-way.ts';
import { verdictFault, verdictText } from './verdict-text.ts';
import { within, withinOr } from './within.ts';

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
  /** The longest packet that the broker takes, where that is known before it says so. */
  readonly longestPacketBytes?: number | undefined;
  /** For goby's own broker; absent: what the configuration says. */
  readonly login?: BrokerLogin | undefined;
  readonly config: MqttConfig;
  readonly clientId: string;
  /** Said first on every connect, retained, and again whenever the will of an old session comes after it. */
  readonly birth: Message;
  /** Published by the broker when the session ends without a word, on the topic of `birth`. */
  readonly will: Message;
  /** Topic filters to subscribe to on every connect. */
  readonly subscriptions: readonly string[];
  readonly logger: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly pace?: SessionPace | undefined;
  readonly random?: RandomSource | undefined;
  onStatus(status: SessionStatus): void;
  /** On every connect, behind the birth: the place to publish state. */
  onConnect(): void;
  onMessage(topic: string, payload: Uint8Array, retained: boolean): void;
}

/** Longest wait for the broker to take our good-bye. */
const farewellMs = 1500;
/** How often it is looked whether answers are overdue. */
const answersIntervalMs = 250;

export class MqttSession {
  readonly #options: MqttSessionOptions;
  readonly #history: SessionHistory;
  readonly #birth: Birth;
  readonly #leftOut: LeftOut;
  readonly #answers = new AnswerWatch();
  readonly #random: RandomSource;
  /** What was said in the log already. */
  readonly #told = new Set<string>();
  /** As the broker takes it. */
  #will: Message;
  #client: MqttClient | undefined;
  #sender: SessionSender | undefined;
  #subscriptions: Subscriptions | undefined;
  /** Got no answer, so that the session was ended. */
  #ignored: Sent | undefined;
  #lastEnd: Outlook | undefined;
  #answersTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: MqttSessionOptions) {
    this.#options = options;
    const { birth, will, config, random = Math.random } = options;
    this.#history = new SessionHistory(options);
    this.#leftOut = new LeftOut(config);
    this.#will = will;
    this.#random = random;
    this.#birth = new Birth({ birth, will, random, send: (message) => this.publish(message) });
  }

  get isConnected(): boolean {
    return this.#sender !== undefined;
  }

  /** Returns at once; everything is told through onStatus. */
  start(): void {
    void this.#connect();
  }

  /** Hands a message to the broker. Never rejects. */
  publish(message: Message): Promise<Delivery> {
    return this.#sender?.send(message) ?? Promise.resolve('unsent');
  }

  /** Says good-bye with `last`, and ends the session. Takes 3 s at most. */
  async stop(last: Message): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#answersTimer);
    this.#birth.end();
    const client = this.#client;
    if (client) {
      const told = await withinOr(farewellMs, this.publish(last), 'unsent');
      // An orderly end makes the broker forget the will. Where the last words did not get through, the will has to say them.
      if (told === 'taken' || !client.connected) await within(farewellMs, client.endAsync(!client.connected));
      client.stream.destroy();
    }
    this.#sender?.end();
    this.#sender = undefined;
    this.#options.onStatus({ state: 'stopped', detail: 'stopped' });
  }

  async #connect(): Promise<void> {
    const { address, config, env, onStatus } = this.#options;
    this.#history.attempt();
    // Why there is no session stays visible until there is one.
    const { state, detail } = this.#lastEnd ?? { state: 'connecting', detail: `connecting to ${address}` };
    onStatus({ state, detail, waitUntilMs: performance.now() + this.#history.pace.answerMs });
    let credentials: Credentials;
    try {
      credentials = await readCredentials(config, env);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#history.unprepared(sentence(error));
      this.#tryAgain();
      return;
    }
    if (!this.#stopped) this.#follow(connect(address, this.#clientOptions(credentials)));
  }

  #clientOptions(credentials: Credentials): IClientOptions {
    const { clientId, config, login } = this.#options;
    const { answerMs } = this.#history.pace;
    return { ...clientOptions({ config, clientId, will: this.#will, answerMs }), ...credentials, ...login };
  }

  /** From the attempt to the end of the session that may come of it. */
  #follow(client: MqttClient): void {
    this.#client = client;
    limitInbound(client.stream, longestInboundBytes, (bytes) => this.#tooLong(bytes));
    // Small messages one after the other: with Nagle's algorithm each window would wait for a delayed acknowledgement.
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    client.on('packetreceive', (packet) => {
      const fault = cleanPacket(packet);
      if (fault !== undefined) {
        this.#history.failed(new Error(`the broker breaks the protocol: ${fault}`));
        client.stream.destroy();
      }
      if (packet.cmd === 'connack') this.#history.told(packet.properties);
    });
    client.on('connect', ({ properties }) => this.#onConnect(client, properties));
    client.on('message', (topic, payload, { retain }) => this.#onMessage(topic, payload, retain));
    client.on('error', (error) => this.#onError(client, error));
    client.on('disconnect', ({ reasonCode = 0, properties }) => this.#history.dismissed(reasonCode, properties));
    client.once('close', () => {
      this.#onClose();
      // Drops what mqtt.js still holds.
      client.end(true);
      this.#tryAgain();
    });
  }

  #onConnect(client: MqttClient, properties: IConnackPacket['properties']): void {
    const { address, longestPacketBytes, config, subscriptions, logger, onStatus, onConnect } = this.#options;
    const promises = promisesOf(properties);
    this.#history.connected();
    this.#lastEnd = undefined;
    this.#leftOut.begin(promises.longestPacketBytes ?? longestPacketBytes);
    this.#sender = new SessionSender({
      client,
      protocolVersion: config.protocolVersion,
      promises,
      leftOut: this.#leftOut,
      answers: this.#answers,
      logger,
      told: this.#told,
    });
    clearInterval(this.#answersTimer);
    this.#answersTimer = setInterval(() => this.#checkAnswers(client), answersIntervalMs);
    this.#birth.begin();
    this.#subscriptions = new Subscriptions({ client, logger, random: this.#random });
    this.#subscriptions.add(subscriptions);
    this.#subscriptions.tryOne(this.#birth.topic);
    const { tooLongBytes } = this.#leftOut;
    const limit = tooLongBytes === undefined ? '' : `, which takes no messages of ${tooLongBytes} bytes or more`;
    onStatus({ state: 'connected', detail: `connected to ${address}${limit}` });
    onConnect();
  }

  #onMessage(topic: string, payload: Uint8Array, retained: boolean): void {
    if (this.#stopped) return;
    try {
      if (topic === this.#birth.topic) this.#birth.heard(payload);
      else this.#options.onMessage(topic, payload, retained);
    } catch (error) {
      // Thrown through the client it would end the agent: whoever may publish must not be able to.
      const { stack } = error as Error;
      this.#options.logger.error(`a message on ${topic.slice(0, 200)} met a bug of goby: ${stack ?? String(error)}`);
    }
  }

  #tooLong(bytes: number): void {
    if (this.#told.has('inbound')) return;
    this.#told.add('inbound');
    this.#options.logger.warn(
      `a message of ${bytes} bytes came on a topic that goby listens to and was dropped: at most ${longestInboundBytes} are taken (said once)`,
    );
  }

  #onError(client: MqttClient, error: Error & { code?: unknown }): void {
    const { code } = error;
    // A will that asks for too much is no reason to stay away.
    if (!this.isConnected && code === retainNotSupported && this.#will.retain) {
      this.#will = { ...this.#will, retain: false };
    } else if (!this.isConnected && code === qosNotSupported && this.#will.qos > 0) {
      this.#will = { ...this.#will, qos: 0 };
    } else this.#history.failed(error);
    // What follows a packet that can't be read can't be read either: a session that goes on would be deaf.
    if (this.isConnected) client.stream.destroy();
  }

  #checkAnswers(client: MqttClient): void {
    const overdue = this.#sender?.overdue();
    if (overdue === undefined) return;
    this.#ignored = overdue.ignored;
    this.#history.unanswered(overdue.ignored?.message.topic);
    client.stream.destroy();
  }

  /** The attempt failed, or the session is over. */
  #onClose(): void {
    const sender = this.#sender;
    this.#sender = undefined;
    clearInterval(this.#answersTimer);
    this.#birth.end();
    this.#subscriptions?.end();
    const unread = sender?.end() ?? [];
    const { end, wasAway } = this.#history;
    if (sender === undefined) this.#leftOut.noSession({ brokerWasAway: wasAway });
    if (sender === undefined || end === undefined || this.#stopped) return;
    const suspected = end === 'unanswered' && this.#ignored ? [this.#ignored] : unread;
    const verdict = this.#leftOut.ended(suspected, end);
    if (verdict === undefined) return;
    this.#history.explained(verdictFault(verdict));
    this.#options.logger.warn(verdictText(this.#options.address, verdict));
  }

  #tryAgain(): void {
    if (this.#stopped) return;
    this.#lastEnd = this.#history.ended();
    const { state, detail, retryInMs } = this.#lastEnd;
    const waitUntilMs = performance.now() + retryInMs + this.#history.pace.answerMs;
    this.#options.onStatus({ state, detail, waitUntilMs });
    this.#timer = setTimeout(() => void this.#connect(), retryInMs);
  }
}
