/** The last lines of the log: kept for a page that is opened later, and sent to those that are open. */
import type { Message } from '../flow/publish/message.ts';
import type { MessageFeed } from '../flow/publish/message-feed.ts';
import type { LogLine } from '../logger.ts';

const mostLines = 300;

export class LogLines {
  readonly #lines: LogLine[] = [];
  readonly #readers = new Set<(line: LogLine) => void>();

  add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
    for (const reader of this.#readers) reader(line);
  }

  last(): readonly LogLine[] {
    return this.#lines;
  }

  /** Every line from now on. @returns ends it */
  onLine(reader: (line: LogLine) => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }
}

/** The feed with the log as one more topic. It never goes to the broker: it is only for pages that are open. */
export function withLog(feed: MessageFeed, lines: LogLines | undefined): MessageFeed {
  if (lines === undefined) return feed;
  const listeners = new Set<(message: Message) => void>();
  lines.onLine((line) => {
    if (listeners.size === 0) return;
    const message: Message = { topic: `${feed.base}/log`, payload: JSON.stringify(line), qos: 0, retain: false };
    for (const listener of listeners) listener(message);
  });
  return {
    ...feed,
    onMessage: (listener) => {
      const stopMessages = feed.onMessage(listener);
      listeners.add(listener);
      return () => {
        stopMessages();
        listeners.delete(listener);
      };
    },
  };
}
