/** A message: what goes out over MQTT. The noun that publish/ hands to the client. */

export interface Message {
  readonly topic: string;
  /** JSON text, or bytes for pictures. An empty payload with retain deletes what the broker kept. */
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5: the broker drops it when nobody took it for so long. Absent: never. */
  readonly expirySeconds?: number;
  /** Tells it from others of its topic that are not newer values of the same thing, such as events. */
  readonly id?: string;
  /** The payload in at most so many bytes, for a broker that takes no more; undefined: it can't be so small. Absent: it can't be smaller. */
  readonly smaller?: (mostBytes: number) => Promise<Uint8Array | undefined>;
}

/**
 * taken: handed over (QoS 1: acknowledged); later: the broker won't have it now, but may; refused: it never will; unsent: the
 * session is or went away, or can't keep up.
 */
export type Delivery = 'taken' | 'later' | 'refused' | 'unsent';
