/** What a broker may send: mutated answers of MQTT 3.1.1 and 5 to a whole publisher, which must end its session and stop in good order. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { configSchema } from '../../src/config/schema.ts';
import { createPublisher } from '../../src/flow/publish/publisher.ts';
import { sessionPace } from '../../src/flow/publish/session-history.ts';
import { silentLogger } from '../../src/logger.ts';
import { eventOf, sampleClock } from '../flow/publish/samples.ts';
import type { FuzzTarget } from './targets.ts';

const text = (value: string): number[] => [0, value.length, ...Buffer.from(value)];
const packet = (first: number, ...body: number[]): number[] => [first, body.length, ...body];

/** CONNACK with every property of section 3.2.2.3 that is a number, and some that are texts. */
const allProperties = [
  ...[0x11, 0, 0, 0, 9, 0x21, 0, 5, 0x24, 1, 0x25, 1, 0x27, 0, 1, 0, 0],
  ...[0x22, 0, 10, 0x28, 1, 0x29, 1, 0x2a, 1, 0x13, 0, 30],
  ...[0x12, ...text('id'), 0x1f, ...text('hi'), 0x26, ...text('k'), ...text('v')],
];
const reference = [0x1c, ...text('other:1883'), 0x1f, ...text('moved')];
const puback = (id: number, code: number) => packet(0x40, 0, id, code, 0);
const suback = packet(0x90, 0, 3, 0, 1, 0x97, 0x87);
const command = packet(0x30, ...text('goby/pi/request/ping'), 0, 0x7b, 0x7d);
const ownState = packet(0x31, ...text('goby/pi/state'), 0, ...Buffer.from('{"state":"offline"}'));

/** The first byte says which version the session speaks, the second how many refused sessions came before. */
const seeds: readonly (readonly number[])[] = [
  [5, 0, ...packet(0x20, 0, 0, allProperties.length, ...allProperties), ...puback(1, 0), ...puback(2, 0x97), ...suback],
  [5, 0, ...packet(0x20, 0, 0, 0), ...puback(1, 0x87), ...puback(2, 0x10), ...puback(3, 0x99), ...command, ...ownState],
  [5, 0, ...packet(0x20, 0, 0, 5, 0x27, 0, 0, 0, 40), ...puback(1, 0x95), ...packet(0xd0), ...packet(0xe0, 0x95, 0)],
  [5, 0, ...packet(0x20, 0, 0x9c, reference.length, ...reference)],
  [5, 0, ...packet(0x20, 0, 0, 0), ...packet(0xe0, 0x9d, reference.length, ...reference)],
  [5, 0, ...packet(0x20, 0, 0x97, 0), ...packet(0xf0, 0x18, 0)],
  [
    4,
    0,
    ...packet(0x20, 0, 0),
    ...packet(0x40, 0, 1),
    ...packet(0x40, 0, 2),
    ...packet(0x90, 0, 3, 1, 0x80),
    ...packet(0xd0),
  ],
  [4, 0, ...packet(0x20, 0, 5)],
];

/** Not one that comes again within the life of an input. */
const pace = {
  ...sessionPace,
  backoff: { firstMs: 600_000, factor: 1, maxMs: 600_000 },
  overload: { firstMs: 600_000, factor: 1, maxMs: 600_000 },
  refusedMs: 600_000,
};

export async function brokerTarget(): Promise<FuzzTarget> {
  let answer = Buffer.alloc(0);
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    // CONNECT is here; everything comes at once, and then the end.
    socket.once('data', () => socket.end(answer));
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const address = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    seeds: seeds.map((bytes) => Buffer.from(bytes)),
    run: async (bytes) => {
      answer = Buffer.from(bytes.subarray(2));
      const { mqtt, publish } = configSchema.parse({ mqtt: { protocolVersion: bytes[0]! % 2 === 1 ? 5 : 4 } });
      let ended: (detail: string) => void = () => undefined;
      const end = new Promise<string>((resolve) => {
        ended = resolve;
      });
      const publisher = createPublisher({
        ...{
          address,
          mqtt,
          publish,
          deviceId: 'pi',
          logger: silentLogger,
          env: {},
          pace,
          random: () => 1,
          clock: sampleClock,
        },
        handlers: { info: () => ({}), setOutput: () => undefined, setControl: () => undefined },
        onStatus: ({ state, detail }) => {
          if (detail === '') throw new Error(`${state} without a word`);
          if (state === 'disconnected' || state === 'refused') ended(`${state}: ${detail}`);
        },
      });
      publisher.info({ version: 1 });
      void publisher.snapshot({ camera: 'front', label: 'person', jpeg: new Uint8Array(3000), capturedAtMs: 0 });
      publisher.event(eventOf('1'));
      publisher.event(eventOf('2'));
      publisher.start();
      const outcome = await end;
      const { waitingEvents, lostEventsTotal } = publisher.report();
      if (waitingEvents < 0 || lostEventsTotal < 0) throw new Error(`${waitingEvents} events wait`);
      await publisher.stop();
      return outcome.replaceAll(address, 'the broker');
    },
    stop: () => {
      server.close();
    },
  };
}
