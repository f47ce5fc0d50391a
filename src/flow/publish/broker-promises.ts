/** What an MQTT 5 broker says of itself in CONNACK, section 3.2.2.3; an older one says nothing, and takes what the standard lets it take. */
import type { IConnackPacket } from 'mqtt';

export interface BrokerPromises {
  /** Messages at QoS 1 that it takes without having answered. */
  readonly receiveMaximum: number;
  /** The longest packet that it takes; undefined: it doesn't say. */
  readonly longestPacketBytes: number | undefined;
  readonly highestQos: 0 | 1;
  readonly retains: boolean;
}

export function promisesOf(properties: IConnackPacket['properties'] = {}): BrokerPromises {
  const { receiveMaximum = 65_535, maximumPacketSize, maximumQoS, retainAvailable } = properties;
  return {
    receiveMaximum: Math.max(1, receiveMaximum),
    // 0 is no limit that a broker may have: section 3.2.2.3.6.
    longestPacketBytes: maximumPacketSize === 0 ? undefined : maximumPacketSize,
    highestQos: maximumQoS === 0 ? 0 : 1,
    retains: retainAvailable ?? true,
  };
}
