/** Hears a guest's broker from outside, over the port that QEMU forwards. */
import { connect, type MqttClient } from 'mqtt';

export interface Heard {
  readonly topic: string;
  readonly payload: string;
}

export class MqttOutside {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;
  readonly #listeners = new Set<(heard: Heard) => void>();

  /** Goes on trying until the guest's broker is there, and when it is there again. */
  constructor(port: number) {
    this.#client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 2000, connectTimeout: 60_000 });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => void this.#client.subscribe('goby/#', { qos: 1 }));
    this.#client.on('message', (topic, bytes) => {
      // Pictures are not for reading.
      const heard = { topic, payload: topic.includes('/snapshot/') ? '' : bytes.toString('utf8') };
      this.heard.push(heard);
      for (const listener of [...this.#listeners]) listener(heard);
    });
  }

  /**
   * The first message from position `from` of what was heard on, by default from now on, that is wanted.
   * @throws Error when patience ends
   */
  until(what: string, wanted: (heard: Heard) => boolean, patienceMs: number, from = this.heard.length): Promise<Heard> {
    const before = this.heard.slice(from).find(wanted);
    if (before) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const take = (heard: Heard): void => {
        if (!wanted(heard)) return;
        clearTimeout(timer);
        this.#listeners.delete(take);
        resolve(heard);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(take);
        const last = this.heard.slice(-5).map(({ topic, payload }) => `${topic} ${payload.slice(0, 200)}`);
        reject(new Error(`not heard in ${patienceMs / 1000} s: ${what}. Last heard:\n${last.join('\n')}`));
      }, patienceMs);
      this.#listeners.add(take);
    });
  }

  async send(topic: string, payload: string): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1 });
  }

  end(): void {
    this.#client.end(true);
  }
}

/** A detection of a person. */
export function isPerson({ topic, payload }: Heard): boolean {
  return topic.endsWith('/detections') && payload.includes('"label":"person"');
}
