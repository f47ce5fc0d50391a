/** What mqtt.js can't digest of what a broker may send. It throws then, through a stream, which would end the agent. */
import type { Packet } from 'mqtt';

/** Properties of MQTT 5 that may come more than once: section 2.2.2.2. */
const repeatable: readonly string[] = ['userProperties', 'subscriptionIdentifier'];

/**
 * Takes out properties that came twice: mqtt-packet makes a list of them where everybody expects one value. To be called before
 * mqtt.js handles the packet.
 * @returns the name of the first one that was taken out: the packet breaks the protocol
 */
export function cleanPacket(packet: Packet): string | undefined {
  const { properties } = packet as { properties?: Record<string, unknown> };
  if (properties === undefined) return undefined;
  const twice = Object.keys(properties).filter((name) => Array.isArray(properties[name]) && !repeatable.includes(name));
  for (const name of twice) delete properties[name];
  return twice[0];
}
