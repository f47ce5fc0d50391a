/** Counts what goes out, so that telemetry can say what a setting costs in bytes a day. */
import type { Message } from './message.ts';

export type MessageKind = 'detections' | 'events' | 'telemetry' | 'state';

export interface TrafficSummary {
  readonly messagesTotal: number;
  readonly bytesTotal: number;
  /** At the rate since start. */
  readonly bytesPerDay: number;
}

/** A fixed header, the topic's length and a packet id: section 3.3 of MQTT 3.1.1. */
const overheadBytes = 8;
const dayMs = 86_400_000;

export class Traffic {
  readonly #totals: Record<MessageKind, { messages: number; bytes: number }> = {
    detections: { messages: 0, bytes: 0 },
    events: { messages: 0, bytes: 0 },
    telemetry: { messages: 0, bytes: 0 },
    state: { messages: 0, bytes: 0 },
  };
  readonly #startedMs: number;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedMs = now();
  }

  count(kind: MessageKind, { topic, payload }: Message): void {
    const total = this.#totals[kind];
    total.messages += 1;
    total.bytes += Buffer.byteLength(topic) + Buffer.byteLength(payload) + overheadBytes;
  }

  summary(): Record<MessageKind, TrafficSummary> {
    const days = Math.max(1000, this.#now() - this.#startedMs) / dayMs;
    return Object.fromEntries(
      Object.entries(this.#totals).map(([kind, { messages, bytes }]) => [
        kind,
        { messagesTotal: messages, bytesTotal: bytes, bytesPerDay: Math.round(bytes / days) },
      ]),
    ) as Record<MessageKind, TrafficSummary>;
  }
}
