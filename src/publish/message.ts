/** A message: what goes out over MQTT. The noun that publish/ hands to the client. */

export interface Message {
  readonly topic: string;
  /** JSON text, or bytes for pictures. An empty payload with retain deletes what the broker kept. */
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}
