/**
 * Which messages a broker can't be sent, because they are too long or end the session. MQTT 5 says so; MQTT 3.1.1 has no word
 * for it, and the broker just closes. What was on its way then is suspected, sent alone in the next session, and left out if
 * that ends too.
 */
import type { Message } from './message.ts';
import { packetBytes } from './packet-size.ts';
import type { Sent } from './under-way.ts';

export interface LeftOutOptions {
  readonly protocolVersion: 4 | 5;
  readonly now?: () => number;
}

/** free: as any other; alone: with nothing beside it, until the broker has read it; never, later: left out. */
export type Way =
  | { readonly go: 'free' | 'alone' }
  | { readonly go: 'smaller'; readonly mostBytes: number }
  | { readonly go: 'never' | 'later'; readonly why: string };

/** A message ended the session: for its length, or for anything else about it or its topic. */
export interface Verdict {
  readonly about: 'length' | 'topic' | 'message';
  readonly topic: string;
  readonly bytes: number;
}

/** closed: by the broker, without a word; too large: it said so; unanswered: by us, because this one got no answer. */
export type SessionEnd = 'closed' | 'too large' | 'unanswered';

/** A message that is longer by this than one which was taken may still be too long. */
const slackBytes = 256;
/** A smaller picture is this part of one that was too long: the limit may lie far below. */
const partOfTooLong = 1 / 4;
/** What is left out for its topic is tried again after this long, and then after twice as long each time. */
const firstLeaveMs = 600_000;
const longestLeaveMs = 21_600_000;
/** Ids of messages that are never sent again. */
const mostIds = 1000;
/** A session in which no suspect came up for this long is as any other. */
const cautionMs = 30_000;

interface Leave {
  untilMs: number;
  times: number;
}

export class LeftOut {
  readonly #version: 4 | 5;
  readonly #now: () => number;
  /** What the broker said it takes. */
  #promisedBytes: number | undefined;
  /** The shortest packet that ended a session for its length. */
  #tooLongBytes: number | undefined;
  /** As it was known before the broker went away: it may have another limit since, but one end is enough to see that it hasn't. */
  #wasTooLongBytes: number | undefined;
  /** The longest packet that was read. */
  #readBytes = 0;
  readonly #readTopics = new Set<string>();
  /** What was on its way when the last session ended. */
  #suspects = new Set<string>();
  #cautiousUntilMs = 0;
  readonly #topics = new Map<string, Leave>();
  readonly #ids = new Set<string>();

  constructor({ protocolVersion, now = () => performance.now() }: LeftOutOptions) {
    this.#version = protocolVersion;
    this.#now = now;
  }

  /** There is a session. @param promisedBytes the longest packet that its broker takes, where it says so */
  begin(promisedBytes: number | undefined): void {
    this.#promisedBytes = promisedBytes;
    if (this.#suspects.size > 0) this.#cautiousUntilMs = this.#now() + cautionMs;
  }

  /** Everything is sent alone, until it is known what ended the last session. */
  get isCautious(): boolean {
    if (this.#suspects.size > 0 && this.#now() > this.#cautiousUntilMs) this.#suspects.clear();
    return this.#suspects.size > 0;
  }

  /** The shortest packet that was found to be too long; undefined: none was. */
  get tooLongBytes(): number | undefined {
    return this.#tooLongBytes;
  }

  /** How a message may go. */
  way(message: Message): Way {
    const bytes = packetBytes(message, this.#version);
    const limitBytes = this.#limitFor(message);
    if (limitBytes !== undefined && bytes > limitBytes) {
      if (message.smaller) return { go: 'smaller', mostBytes: limitBytes };
      return { go: 'never', why: `it takes ${limitBytes} bytes at most, and this has ${bytes}` };
    }
    if (this.#ids.has(identity(message))) return { go: 'never', why: 'it ended the session with it twice' };
    const leave = this.#topics.get(message.topic);
    if (leave && this.#now() < leave.untilMs) return { go: 'later', why: 'it ended the session with it twice' };
    const doubtful = leave !== undefined || (this.#knowsTooLong && !this.wasRead(bytes));
    return { go: doubtful || this.isCautious ? 'alone' : 'free' };
  }

  /** A packet of this length, or about, was read before. */
  wasRead(bytes: number): boolean {
    return bytes <= this.#readBytes + slackBytes;
  }

  /** The broker has read it, and the session goes on. */
  read({ message, bytes }: Sent): void {
    this.#readBytes = Math.max(this.#readBytes, bytes);
    this.#readTopics.add(message.topic);
    this.#topics.delete(message.topic);
    this.#suspects.delete(identity(message));
  }

  /**
   * A session has ended.
   * @param unread what the broker may not have read, oldest first
   * @returns what ended it, once that is known: it is left out from now on
   */
  ended(unread: readonly Sent[], end: SessionEnd): Verdict | undefined {
    const sure = unread.filter((sent) => this.#isSure(sent, unread, end));
    // The longest: of all that were on their way it is the one that is too long, if any is.
    const culprit = sure.toSorted((one, other) => other.bytes - one.bytes)[0];
    if (culprit === undefined) {
      this.#suspects = new Set(unread.map(({ message }) => identity(message)));
      return undefined;
    }
    this.#suspects.clear();
    return this.#condemn(culprit, end);
  }

  /**
   * There was no session to be had: the one before ended with the network or the broker, and not by a message.
   * @param brokerWasAway it is started anew, and may have other limits then
   */
  noSession({ brokerWasAway }: { readonly brokerWasAway: boolean }): void {
    this.#suspects.clear();
    if (!brokerWasAway) return;
    this.#wasTooLongBytes = this.#tooLongBytes ?? this.#wasTooLongBytes;
    this.#tooLongBytes = undefined;
    this.#readBytes = 0;
    for (const leave of this.#topics.values()) leave.untilMs = 0;
  }

  #isSure(sent: Sent, unread: readonly Sent[], end: SessionEnd): boolean {
    const isLong = !this.wasRead(sent.bytes);
    if (end === 'too large') return isLong || unread.length === 1;
    if (this.#suspects.has(identity(sent.message))) return this.#now() <= this.#cautiousUntilMs;
    // Both were sent alone, and were known to be doubtful.
    return (this.#knowsTooLong && isLong && end === 'closed') || this.#topics.has(sent.message.topic);
  }

  #condemn({ message, bytes }: Sent, end: SessionEnd): Verdict {
    const { topic } = message;
    if (end !== 'unanswered' && !this.wasRead(bytes) && (end === 'too large' || !this.#topics.has(topic))) {
      this.#tooLongBytes = Math.min(bytes, this.#tooLongBytes ?? bytes);
      return { about: 'length', topic, bytes };
    }
    if (message.id !== undefined && this.#readTopics.has(topic)) {
      if (this.#ids.size >= mostIds) this.#ids.clear();
      this.#ids.add(identity(message));
      return { about: 'message', topic, bytes };
    }
    const times = this.#topics.get(topic)?.times ?? 0;
    const leaveMs = Math.min(longestLeaveMs, firstLeaveMs * 2 ** times);
    this.#topics.set(topic, { untilMs: this.#now() + leaveMs, times: times + 1 });
    return { about: 'topic', topic, bytes };
  }

  get #knowsTooLong(): boolean {
    return this.#tooLongBytes !== undefined || this.#wasTooLongBytes !== undefined;
  }

  /**
   * The longest packet that this may be; undefined: no limit is known of. Where all that is known is a packet that was too
   * long, what can be made smaller is made a part of it, for the next try would end the session too; never less than what was read.
   */
  #limitFor({ smaller }: Message): number | undefined {
    const tooLong = this.#tooLongBytes;
    if (tooLong === undefined) return this.#promisedBytes;
    const found = smaller ? Math.max(this.#readBytes, Math.floor(tooLong * partOfTooLong)) : tooLong - 1;
    return Math.min(found, this.#promisedBytes ?? found);
  }
}

function identity({ topic, id }: Message): string {
  return id === undefined ? topic : `${topic} ${id}`;
}
