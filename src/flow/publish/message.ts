/** A message: what goes out over MQTT. The noun that publish/ hands to the client. */

export interface Message {
  readonly topic: string;
  /** JSON text, or bytes for pictures. An empty payload with retain deletes what the broker kept. */
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5: the broker drops it when nobody took it for so long. Absent: never. */
  readonly expirySeconds?: number;
}

/** taken: handed over (QoS 1: acknowledged); refused: the broker won't have it; unsent: the session is or went away, or can't keep up. */
export type Delivery = 'taken' | 'refused' | 'unsent';
