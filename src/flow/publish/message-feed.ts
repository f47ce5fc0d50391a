/** Goby's own messages for readers beside the broker, such as the page: what is kept, what goes out, and requests as from MQTT. */
import type { Message } from './message.ts';

export interface MessageFeed {
  /** What every topic begins with: <prefix>/<device id>. */
  readonly base: string;
  /** What who comes now is told first: retained messages as they are now, and the last telemetry. */
  newest(): Iterable<Message>;
  /** Every message from now on, whether or not there is a broker. @returns ends it */
  onMessage(listener: (message: Message) => void): () => void;
  /**
   * A request, a switch or a control of the page, as if it had come from the broker. What it holds never makes it throw.
   * @param answer gets what would have gone out on response/...: it may hold what nobody else shall read, so it goes nowhere else
   */
  take(topic: string, payload: Uint8Array, answer: (message: Message) => void): void;
}
