/** What a broker sends is cut where it is too long, however it is divided, and what follows is understood. */
import test from 'ava';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { type DroppedPacket, InboundLimit } from '../../../src/flow/publish/inbound-limit.ts';

const limit = 300;

function publish(topic: string, bytes: number, qos: 0 | 1 | 2, messageId: number): Buffer {
  const packet = {
    cmd: 'publish',
    topic,
    payload: Buffer.alloc(bytes, 0xff),
    qos,
    messageId,
    dup: false,
    retain: false,
  };
  return generate(packet as Packet);
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...[...at].map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index]!, end));
}

test('packets that are short enough pass as they are, others are dropped and told, in whatever pieces they come', (t) => {
  const message = fc.record({
    topic: fc.stringMatching(/^[a-z/]{1,120}$/),
    bytes: fc.oneof(fc.nat(150), fc.nat(20_000)),
    qos: fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>,
    messageId: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, at) => {
      const dropped: DroppedPacket[] = [];
      const watch = new InboundLimit(limit, (packet) => void dropped.push(packet));
      const packets = messages.map(({ topic, bytes, qos, messageId }) => publish(topic, bytes, qos, messageId));
      const idle = generate({ cmd: 'pingresp' });
      const all = Buffer.concat(packets.flatMap((packet) => [packet, idle]));
      const passed = Buffer.concat(cut(all, at).map((chunk) => watch.take(chunk)));
      const restOf = (packet: Buffer): number =>
        packet.length - (packet.length <= 129 ? 2 : packet.length <= 16_386 ? 3 : 4);
      const isShort = (packet: Buffer): boolean => restOf(packet) <= limit;
      t.deepEqual(passed, Buffer.concat(packets.flatMap((packet) => [...(isShort(packet) ? [packet] : []), idle])));
      const long = messages.filter((_, index) => !isShort(packets[index]!));
      t.deepEqual(
        dropped.map(({ qos, messageId }) => [qos, messageId]),
        long.map(({ qos, messageId }) => [qos, qos === 0 ? undefined : messageId]),
      );
    }),
  );
});

test('what is no packet is left to the client to refuse', (t) => {
  const watch = new InboundLimit(limit, () => t.fail());
  const garbage = Buffer.alloc(100_000, 0xff);
  t.deepEqual(Buffer.concat(cut(garbage, [1, 2, 3, 5000]).map((chunk) => watch.take(chunk))), garbage);
});
