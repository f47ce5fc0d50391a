/** The length that is reckoned is the length that goes over the wire. */
import test from 'ava';
import { connectAsync, type IClientPublishOptions } from 'mqtt';
import type { Message } from '../../../src/flow/publish/message.ts';
import { packetBytes, payloadRoom } from '../../../src/flow/publish/packet-size.ts';
import { scriptedBroker } from './scripted-broker.ts';
import { until } from './waiting.ts';

const lengths = [0, 1, 100, 126, 127, 128, 1000, 16_370, 16_383, 16_384, 70_000];
const messages: Omit<Message, 'payload' | 'retain'>[] = [
  { topic: 'a', qos: 0 },
  { topic: 'goby/pi/front/events', qos: 1, expirySeconds: 60 },
  { topic: 'goby/gerät/窗', qos: 1 },
];

for (const version of [4, 5] as const) {
  test(`MQTT ${version}`, async (t) => {
    const broker = await scriptedBroker(t, { version });
    const client = await connectAsync(broker.address, { protocolVersion: version, reconnectPeriod: 0 });
    t.teardown(() => client.endAsync(true));
    for (const { expirySeconds, ...rest } of messages) {
      for (const length of lengths) {
        const message = {
          ...rest,
          ...(expirySeconds === undefined ? {} : { expirySeconds }),
          payload: 'x'.repeat(length),
        };
        const options: IClientPublishOptions = { qos: message.qos };
        if (version === 5 && expirySeconds !== undefined) options.properties = { messageExpiryInterval: expirySeconds };
        const before = broker.taken.length;
        await client.publishAsync(message.topic, message.payload, options);
        await until('it', () => broker.taken.length > before);
        const { bodyBytes } = broker.taken.at(-1)!;
        const header = 1 + (bodyBytes < 0x80 ? 1 : bodyBytes < 0x4000 ? 2 : 3);
        t.is(packetBytes(message, version), header + bodyBytes, `${message.topic}, ${length}`);
        const room = payloadRoom(packetBytes(message, version), message, version);
        t.true(room <= length && room >= length - 1, `room ${room} for ${length}`);
      }
    }
  });
}
