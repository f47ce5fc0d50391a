/** The MQTT session: connects, comes back with back-off, and says everything anew on every connect. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { MqttConfig } from '../config/schema.ts';
import { isExpected, sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { backoffMs } from '../service/retry.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import type { Message } from './message.ts';
import { explainRefusal } from './refusal.ts';

export interface SessionStatus {
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'refused' | 'stopped';
  /** A sentence: with whom, or why not and how to mend it. */
  readonly detail: string;
  /** Next attempt, performance.now() ms. */
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
  onStatus(status: SessionStatus): void;
  /** On every connect, once subscribed: the place to publish state. */
  onConnect(): void;
  onMessage(topic: string, payload: Uint8Array, retained: boolean): void;
}

const backoff = { firstMs: 500, factor: 2, maxMs: 30_000 };
/** A refusal seldom mends itself: ask again slowly. */
const refusedRetryMs = 30_000;
const connectTimeoutMs = 10_000;
/** Sessions that end sooner than this, several times in a row, look like another client with our id. */
const shortSessionMs = 5000;
const suspiciousSessions = 3;
const takenOverRetryMs = 60_000;
/** Longest wait for the broker to take our good-bye. */
const farewellMs = 1500;

export class MqttSession {
  readonly #options: MqttSessionOptions;
  #client: MqttClient | undefined;
  #connected = false;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #shortSessions = 0;
  #connectedAtMs = 0;
  #stopped = false;
  #refusal: string | undefined;
  #lastFault = '';

  constructor(options: MqttSessionOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Returns at once; everything is told through onStatus. */
  start(): void {
    void this.#connect();
  }

  /**
   * Hands a message to the broker. Resolves true when it was taken (QoS 1: acknowledged), false when the session is or
   * went away.
   */
  publish({ topic, payload, qos, retain }: Message): Promise<boolean> {
    const client = this.#client;
    if (client === undefined || !this.#connected) return Promise.resolve(false);
    return new Promise((resolve) => {
      client.publish(topic, typeof payload === 'string' ? payload : Buffer.from(payload), { qos, retain }, (error) =>
        resolve(!error),
      );
    });
  }

  /** Says good-bye with `last`, and ends the session. */
  async stop(last: Message): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    if (client) {
      const patience = new Promise((resolve) => setTimeout(resolve, farewellMs).unref());
      await Promise.race([this.publish(last), patience]);
      await Promise.race([client.endAsync(!this.#connected), patience]);
    }
    this.#connected = false;
    this.#options.onStatus({ state: 'stopped', detail: 'stopped' });
  }

  async #connect(): Promise<void> {
    const { address, config, env, onStatus } = this.#options;
    onStatus({
      state: 'connecting',
      detail: `connecting to ${address}`,
      waitUntilMs: performance.now() + connectTimeoutMs,
    });
    let credentials: Credentials;
    try {
      credentials = await readCredentials(config, env);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#refusal = sentence(error);
      this.#retry();
      return;
    }
    if (this.#stopped) return;
    const client = connect(address, this.#clientOptions(credentials));
    this.#client = client;
    client.on('connect', () => this.#onConnect(client));
    client.on('message', (topic, payload, packet) => this.#options.onMessage(topic, payload, packet.retain));
    client.on('error', (error) => this.#onError(error));
    client.on('disconnect', ({ reasonCode }) => {
      // MQTT 5: session taken over.
      if (reasonCode === 0x8e) this.#shortSessions = suspiciousSessions;
    });
    client.once('close', () => {
      client.end(true);
      this.#onClose();
    });
  }

  #clientOptions({ username, password, ca, cert, key }: Credentials): IClientOptions {
    const { config, clientId, will } = this.#options;
    return {
      clientId,
      clean: true,
      protocolVersion: config.protocolVersion,
      keepalive: config.keepaliveSeconds,
      connectTimeout: connectTimeoutMs,
      // The schedule of retries is ours.
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain },
      rejectUnauthorized: config.tls.verify,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }

  #onConnect(client: MqttClient): void {
    const { address, subscriptions, onStatus, onConnect, logger } = this.#options;
    this.#connected = true;
    this.#connectedAtMs = performance.now();
    this.#attempts = 0;
    this.#refusal = undefined;
    this.#lastFault = '';
    client.subscribe([...subscriptions], { qos: 1 }, (error) => {
      if (error && this.#connected) logger.warn(`the broker refused the subscription to commands: ${error.message}`);
    });
    onStatus({ state: 'connected', detail: `connected to ${address}` });
    onConnect();
  }

  #onError(error: Error): void {
    const { address, config } = this.#options;
    const refusal = explainRefusal(error, { address, config });
    if (refusal === undefined) this.#lastFault = error.message || (error as NodeJS.ErrnoException).code || 'no answer';
    else this.#refusal = refusal;
  }

  #onClose(): void {
    if (this.#connected) {
      const short = performance.now() - this.#connectedAtMs < shortSessionMs;
      this.#shortSessions = short ? this.#shortSessions + 1 : 0;
      this.#lastFault ||= 'the broker closed the connection';
    }
    this.#connected = false;
    if (!this.#stopped) this.#retry();
  }

  #retry(): void {
    const { address, clientId, onStatus } = this.#options;
    const takenOver = this.#shortSessions >= suspiciousSessions;
    const delayMs = takenOver
      ? takenOverRetryMs
      : this.#refusal === undefined
        ? backoffMs(this.#attempts++, backoff)
        : refusedRetryMs;
    if (takenOver) this.#shortSessions = 0;
    onStatus({
      state: this.#refusal === undefined ? 'disconnected' : 'refused',
      detail:
        this.#refusal ??
        (takenOver
          ? `the broker ends each session with ${address} at once: another client uses the id ${clientId} too; give one of them another device.id`
          : `no session with ${address}: ${this.#lastFault || 'no answer'}`),
      waitUntilMs: performance.now() + delayMs + connectTimeoutMs,
    });
    this.#timer = setTimeout(() => void this.#connect(), delayMs);
  }
}
