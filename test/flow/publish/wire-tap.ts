/** A TCP proxy that reads along: how many messages at QoS 1 a client has under way without an answer of its broker. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

const publish = 3;
const puback = 4;

export class WireTap {
  readonly #target: number;
  #port = 0;
  #underWay = 0;
  mostUnderWay = 0;
  publishes = 0;
  /** Answers of the broker wait here while they are held. */
  #held: (() => void)[] | undefined;

  constructor(target: number) {
    this.#target = target;
  }

  get address(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async open(t: Pick<ExecutionContext, 'teardown'>): Promise<void> {
    const server = createServer((client) => this.#join(client)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    t.teardown(() => server.close());
  }

  /** From now on nothing that the broker says gets through. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const pass of held) pass();
  }

  #join(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1');
    const sent = packetReader((type, qos) => {
      if (type !== publish || qos !== 1) return;
      this.publishes += 1;
      this.#underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    });
    const answered = packetReader((type) => {
      if (type === puback) this.#underWay -= 1;
    });
    client.on('data', (chunk) => {
      sent(chunk);
      broker.write(chunk);
    });
    broker.on('data', (chunk) => {
      const pass = (): void => {
        answered(chunk);
        client.write(chunk);
      };
      if (this.#held) this.#held.push(pass);
      else pass();
    });
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }
}

/** Tells type and QoS of each MQTT packet as it ends: a first byte, a length of one to four bytes, and so many bytes more. */
function packetReader(onPacket: (type: number, qos: number) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      do {
        if (at >= waiting.length) return;
        length |= (waiting[at]! & 0x7f) << (7 * (at - 1));
        at += 1;
      } while ((waiting[at - 1]! & 0x80) !== 0);
      if (waiting.length < at + length) return;
      onPacket(waiting[0]! >> 4, (waiting[0]! >> 1) & 3);
      waiting = waiting.subarray(at + length);
    }
  };
}
