/** Counts what goes out, so that telemetry can say what a setting costs in bytes a day. */
import type { Message } from './message.ts';

export type MessageKind = 'detections' | 'events' | 'telemetry' | 'state' | 'responses';

export interface TrafficSummary {
  readonly messagesTotal: number;
  readonly bytesTotal: number;
  /** At the rate of the last minutes; absent in the first one, which can't tell. */
  readonly bytesPerDay?: number;
}

/** A fixed header of 2 to 5 bytes, the topic's length and a packet id: section 3.3 of MQTT 3.1.1. TLS and TCP come on top. */
const overheadBytes = 8;
const dayMs = 86_400_000;
/** The rate is taken over one to two of these. */
const spanMs = 300_000;
const shortestSpanMs = 60_000;

interface Total {
  messages: number;
  bytes: number;
}

/** Totals at a time, from which a rate is taken. */
interface Mark {
  readonly atMs: number;
  readonly bytes: Readonly<Record<MessageKind, number>>;
}

export class Traffic {
  readonly #totals: Record<MessageKind, Total> = {
    detections: { messages: 0, bytes: 0 },
    events: { messages: 0, bytes: 0 },
    telemetry: { messages: 0, bytes: 0 },
    state: { messages: 0, bytes: 0 },
    responses: { messages: 0, bytes: 0 },
  };
  readonly #now: () => number;
  #older: Mark;
  #newer: Mark;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#older = this.#newer = this.#mark();
  }

  count(kind: MessageKind, { topic, payload }: Message): void {
    const total = this.#totals[kind];
    total.messages += 1;
    total.bytes += Buffer.byteLength(topic) + Buffer.byteLength(payload) + overheadBytes;
  }

  summary(): Record<MessageKind, TrafficSummary> {
    const elapsedMs = this.#now() - this.#older.atMs;
    const rate = (kind: MessageKind) =>
      elapsedMs < shortestSpanMs
        ? {}
        : { bytesPerDay: Math.round(((this.#totals[kind].bytes - this.#older.bytes[kind]) * dayMs) / elapsedMs) };
    const told = this.#byKind((kind) => ({
      messagesTotal: this.#totals[kind].messages,
      bytesTotal: this.#totals[kind].bytes,
      ...rate(kind),
    }));
    if (this.#now() - this.#newer.atMs >= spanMs) {
      this.#older = this.#newer;
      this.#newer = this.#mark();
    }
    return told;
  }

  #mark(): Mark {
    return { atMs: this.#now(), bytes: this.#byKind((kind) => this.#totals[kind].bytes) };
  }

  #byKind<Value>(value: (kind: MessageKind) => Value): Record<MessageKind, Value> {
    return {
      detections: value('detections'),
      events: value('events'),
      telemetry: value('telemetry'),
      state: value('state'),
      responses: value('responses'),
    };
  }
}
