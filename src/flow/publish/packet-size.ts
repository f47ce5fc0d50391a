/** How long a message is on the wire: brokers set limits to the whole packet. */
import type { Message } from './message.ts';

/** A reader of varying length numbers takes 7 bits from each byte: section 1.5.5 of MQTT 5. */
function lengthBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** The property Message Expiry Interval: its identifier and four bytes. */
const expiryBytes = 5;

type Measured = Pick<Message, 'topic' | 'payload' | 'qos' | 'expirySeconds'>;

/** Bytes of the PUBLISH packet, section 3.3: fixed header, topic, packet id at QoS 1, properties in MQTT 5, payload. */
export function packetBytes(message: Measured, protocolVersion: 4 | 5): number {
  const rest = besidePayload(message, protocolVersion) + Buffer.byteLength(message.payload);
  return 1 + lengthBytes(rest) + rest;
}

/** How many bytes of payload are left in a packet of so many bytes; less than 0: not even the topic fits. */
export function payloadRoom(packetLimit: number, message: Measured, protocolVersion: 4 | 5): number {
  return packetLimit - 1 - lengthBytes(packetLimit) - besidePayload(message, protocolVersion);
}

function besidePayload({ topic, qos, expirySeconds }: Measured, protocolVersion: 4 | 5): number {
  const properties = protocolVersion === 5 ? 1 + (expirySeconds === undefined ? 0 : expiryBytes) : 0;
  return 2 + Buffer.byteLength(topic) + (qos === 0 ? 0 : 2) + properties;
}
