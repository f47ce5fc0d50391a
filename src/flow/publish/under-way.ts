/** Messages that were handed to the connection and that the broker may not have read yet: when the session ends, one of them may be the reason. */
import type { Message } from './message.ts';

export interface Sent {
  readonly message: Message;
  /** Of the whole packet. */
  readonly bytes: number;
}

/** What may happen to it. Each is called once at most. */
export interface SentListener {
  /** The broker has read it; its answer may still be owed. */
  onRead?(): void;
  /** The session ended before it was answered, or, at QoS 0, before it was read. */
  onEnd(): void;
}

interface Entry extends Sent, SentListener {
  readonly order: number;
  isRead: boolean;
}

/** A broker reads what one client sends in order, so an answer to one message shows that it has read those before it. */
export class UnderWay {
  readonly #onRead: (sent: Sent) => void;
  readonly #entries = new Set<Entry>();
  /** For each ping without an answer the last message before it. */
  readonly #pings: number[] = [];
  #order = 0;
  #hasAnswered = false;

  /** @param onRead called once with each message that the broker has read */
  constructor(onRead: (sent: Sent) => void) {
    this.#onRead = onRead;
  }

  /** Whether the broker has answered any message; a ping is none. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** What the broker may not have read yet, oldest first. */
  get unread(): readonly Sent[] {
    return [...this.#entries].filter(({ isRead }) => !isRead);
  }

  /** What has waited longest for an answer. */
  get oldest(): Sent | undefined {
    const [oldest] = this.#entries;
    return oldest;
  }

  /** Whether a ping is out, whose answer shows that all before it was read. */
  get isPinging(): boolean {
    return this.#pings.length > 0;
  }

  /** @returns to be called with the broker's answer to this message */
  add(sent: Sent, listener: SentListener): () => void {
    const entry: Entry = { ...sent, ...listener, order: ++this.#order, isRead: false };
    this.#entries.add(entry);
    return () => {
      if (!this.#entries.has(entry)) return;
      this.#hasAnswered = true;
      this.#readTo(entry.order);
      this.#entries.delete(entry);
    };
  }

  pingSent(): void {
    this.#pings.push(this.#order);
  }

  pingAnswered(): void {
    const order = this.#pings.shift();
    if (order !== undefined) this.#readTo(order);
  }

  /** The session is over. */
  end(): void {
    const entries = [...this.#entries];
    this.#entries.clear();
    for (const entry of entries) entry.onEnd();
  }

  #readTo(order: number): void {
    for (const entry of this.#entries) {
      if (entry.order > order) return;
      if (entry.isRead) continue;
      entry.isRead = true;
      // Nobody answers these.
      if (entry.message.qos === 0) this.#entries.delete(entry);
      this.#onRead(entry);
      entry.onRead?.();
    }
  }
}
