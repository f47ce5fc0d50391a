/** Hears detections of a guest's broker from outside, over the port that QEMU forwards. */
import { connect, type MqttClient } from 'mqtt';

export class PersonOnMqtt {
  readonly #client: MqttClient;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 2000, connectTimeout: 60_000 });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => void this.#client.subscribe('goby/+/+/detections'));
  }

  /** Topic and payload of the first detection of a person from now on. @throws Error when patience ends */
  heard(patienceMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#client.off('message', take);
        reject(new Error(`no person was told on port ${this.#port} in ${patienceMs / 1000} s`));
      }, patienceMs);
      const take = (topic: string, payload: Buffer): void => {
        const text = payload.toString('utf8');
        if (!text.includes('"label":"person"')) return;
        clearTimeout(timer);
        this.#client.off('message', take);
        resolve(`${topic} ${text}`);
      };
      this.#client.on('message', take);
    });
  }

  end(): void {
    this.#client.end(true);
  }
}
