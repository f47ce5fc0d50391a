/** What mqtt.js can't digest of what a broker may send. It throws then, through a stream, which would end the agent. */
import type { Packet } from 'mqtt';

/** Properties of MQTT 5 that may come more than once: section 2.2.2.2. */
const repeatable: readonly string[] = ['userProperties', 'subscriptionIdentifier'];
/** The only number of variable length; flags are false in good order. */
const variableLength = 'subscriptionIdentifier';

/**
 * Takes out properties that came twice, of which mqtt-packet makes a list where everybody expects one value, and those that the packet's
 * end cuts off. To be called before mqtt.js handles the packet.
 * @returns what is wrong with the first one that was taken out: the packet breaks the protocol
 */
export function cleanPacket(packet: Packet): string | undefined {
  const { properties } = packet as { properties?: Record<string, unknown> };
  if (properties === undefined) return undefined;
  const faults = Object.entries(properties).flatMap(([name, value]) => {
    const fault = faultOf(name, value);
    if (fault === undefined) return [];
    delete properties[name];
    return [fault];
  });
  return faults[0];
}

function faultOf(name: string, value: unknown): string | undefined {
  if (Array.isArray(value) && !repeatable.includes(name)) return `it says ${name} twice`;
  const all = Array.isArray(value) ? value : [value];
  // What mqtt-packet gives for a text, a number and one of variable length that end too soon; no whole one is any of these.
  const isCut = all.some(
    (one) => one === null || one === undefined || one === -1 || (one === false && name === variableLength),
  );
  return isCut ? `its ${name} is cut off` : undefined;
}
