/** A plain MQTT client beside goby: it sees every topic, and speaks to goby as any other program would. */
import type { ExecutionContext } from 'ava';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { until } from './waiting.ts';

export interface Heard {
  readonly topic: string;
  readonly payload: string;
  /** The payload as it came, for what is no text. */
  readonly bytes: Buffer;
  readonly retain: boolean;
  readonly qos: number;
  readonly atMs: number;
}

export class Observer {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (topic, payload, { retain, qos }) => {
      this.heard.push({ topic, payload: payload.toString(), bytes: payload, retain, qos, atMs: performance.now() });
    });
  }

  /** All payloads of a topic, parsed where they are JSON. */
  of(topic: string): unknown[] {
    return this.heard.filter((one) => one.topic === topic).map(({ payload }) => parsed(payload));
  }

  /** The first message on the topic that fits, heard already or still to come. */
  async message(topic: string, fits: (payload: unknown) => boolean = () => true): Promise<unknown> {
    await until(
      () => `${topic} among ${this.heard.length} messages`,
      () => this.of(topic).some(fits),
    );
    return this.of(topic).find(fits);
  }

  send(topic: string, payload: string | Buffer, options: { retain?: boolean; qos?: 0 | 1 } = {}): Promise<unknown> {
    return this.#client.publishAsync(topic, payload, { qos: options.qos ?? 1, retain: options.retain ?? false });
  }

  get isConnected(): boolean {
    return this.#client.connected;
  }

  end(): Promise<void> {
    return this.#client.endAsync(true);
  }
}

/** Connects and subscribes to everything before it resolves; ends with the test. */
export async function observe(t: ExecutionContext, address: string, options: IClientOptions = {}): Promise<Observer> {
  const client = await connectAsync(address, { reconnectPeriod: 50, ...options });
  client.on('error', () => undefined);
  const observer = new Observer(client);
  t.teardown(() => observer.end());
  await client.subscribeAsync('#', { qos: 1 });
  return observer;
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
