/** The reason codes of MQTT 5 (section 2.4): what they mean for a message, and for a session that a broker ends with one. */
import { ReasonCodes } from 'mqtt';
import type { SessionEnd } from './left-out.ts';
import type { Delivery } from './message.ts';

/** 0x95 packet too large, 0x99 payload format invalid, 0x90 topic name invalid: the same bytes are refused for ever. */
const never = [0x90, 0x95, 0x99];

/** What becomes of a message that was answered with this code. Unknown codes may be about now: what can be taken later isn't lost. */
export function deliveryOf(reasonCode: number): Delivery {
  if (reasonCode < 0x80) return 'taken';
  return never.includes(reasonCode) ? 'refused' : 'later';
}

export const sessionTakenOver = 0x8e;
export const packetTooLarge = 0x95;
export const retainNotSupported = 0x9a;
export const qosNotSupported = 0x9b;
const useAnotherServer = 0x9c;
const serverMoved = 0x9d;

/** Codes of DISCONNECT and CONNACK that are about load: each end waits longer than the one before. */
const overloaded = [0x89, 0x93, 0x96, 0x97, 0x9f];

/** A code as people look it up: `0x97, quota exceeded`. */
export function reasonText(reasonCode: number): string {
  const name = (ReasonCodes as Readonly<Record<number, string>>)[reasonCode];
  return `0x${reasonCode.toString(16).padStart(2, '0')}${name === undefined ? '' : `, ${name.toLowerCase()}`}`;
}

/** Codes of DISCONNECT that are about what was sent. 0x80, unspecified error, may be. */
const aboutMessages = [0x80, 0x81, 0x82, 0x83, 0x87, 0x90, 0x99, 0x9a, 0x9b];

/** How a session ended with this code of DISCONNECT, where a message may be why. */
export function endOf(reasonCode: number): SessionEnd | undefined {
  if (reasonCode === packetTooLarge) return 'too large';
  return aboutMessages.includes(reasonCode) ? 'closed' : undefined;
}

export function isOverload(reasonCode: number): boolean {
  return overloaded.includes(reasonCode);
}

export function isElsewhere(reasonCode: number): boolean {
  return reasonCode === useAnotherServer || reasonCode === serverMoved;
}
