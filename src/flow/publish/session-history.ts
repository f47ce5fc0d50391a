/** How the sessions so far ended: decides what health says about it, and when the next attempt is made. */
import type { MqttConfig } from '../../config/schema.ts';
import { type BackoffOptions, backoffMs, type RandomSource, spreadMs } from '../../system/service/retry.ts';
import { closedEarlyText, isHangUp } from './closed-early.ts';
import type { SessionEnd } from './left-out.ts';
import { endOf, isElsewhere, isOverload, reasonText, sessionTakenOver } from './reason-codes.ts';
import { type BrokerWords, elsewhereText, explainRefusal } from './refusal.ts';

/** How long to wait for an answer, how soon to try again, and when to suspect another client with our id. */
export interface SessionPace {
  readonly answerMs: number;
  readonly backoff: BackoffOptions;
  /** A broker that says it has too much to do, again and again, is left alone for longer. */
  readonly overload: BackoffOptions;
  /** A refusal seldom mends itself: ask again slowly. */
  readonly refusedMs: number;
  /** Sessions that end sooner than this, several times in a row, look like another client with our id. */
  readonly shortSessionMs: number;
  /** Another client with our id is not fought: this long between attempts, until a session lasts twice as long. */
  readonly contestedMs: number;
}

export const sessionPace: SessionPace = {
  answerMs: 10_000,
  // Events wait for a broker that is back: it is found within 2 s, at the price of a SYN a second while it is away.
  backoff: { firstMs: 500, factor: 2, maxMs: 2000 },
  overload: { firstMs: 2000, factor: 2, maxMs: 60_000 },
  refusedMs: 30_000,
  shortSessionMs: 5000,
  contestedMs: 60_000,
};

const suspiciousSessions = 3;

export interface Outlook {
  readonly state: 'disconnected' | 'refused';
  /** A sentence: why, and how to mend it. */
  readonly detail: string;
  readonly retryInMs: number;
}

export interface SessionHistoryOptions {
  readonly address: string;
  readonly clientId: string;
  readonly config: Pick<MqttConfig, 'broker' | 'username' | 'protocolVersion'>;
  readonly pace?: SessionPace | undefined;
  readonly now?: () => number;
  readonly random?: RandomSource | undefined;
}

/** The network's word for its own failure: no broker said or did anything. */
const networkFault = /^(ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET|ENONET)$/;

export class SessionHistory {
  readonly pace: SessionPace;
  readonly #options: SessionHistoryOptions;
  readonly #now: () => number;
  readonly #random: RandomSource;
  #failedAttempts = 0;
  #overloads = 0;
  #shortSessions = 0;
  #connectedAtMs: number | undefined;
  #refusal: string | undefined;
  #fault = '';
  #words: BrokerWords = {};
  #isOverloaded = false;
  /** It is known why the session ended, so it was no other client. */
  #isExplained = false;
  #end: SessionEnd | undefined;
  #wasAway = false;

  constructor(options: SessionHistoryOptions) {
    this.#options = options;
    this.pace = options.pace ?? sessionPace;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** How the session ended, where a message may be why; undefined: it ended for another reason. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** The machine was there and the broker wasn't: it is started anew, perhaps with another configuration. */
  get wasAway(): boolean {
    return this.#wasAway;
  }

  /** A new attempt: what made the last one fail need not be true any more. */
  attempt(): void {
    this.#connectedAtMs = undefined;
    this.#refusal = undefined;
    this.#fault = '';
    this.#words = {};
    this.#isOverloaded = false;
    this.#isExplained = false;
    this.#wasAway = false;
    this.#end = 'closed';
  }

  /** What the broker says beside its code, before failed() or dismissed(). */
  told(words: BrokerWords = {}): void {
    this.#words = words;
  }

  connected(): void {
    this.#connectedAtMs = this.#now();
    this.#failedAttempts = 0;
  }

  /** Something can't be used on our side, such as a password file. */
  unprepared(sentence: string): void {
    this.#refusal = sentence;
  }

  /** What the client says before it closes; the first that is said counts. */
  failed(error: Error & { code?: unknown }): void {
    const { code } = error;
    // In a session it is the client itself that finds the fault, such as a broker that breaks the protocol.
    if (this.#connectedAtMs === undefined) {
      this.#refusal ??= explainRefusal(error, { ...this.#options, words: this.#words });
      this.#isOverloaded ||= typeof code === 'number' && isOverload(code);
    }
    this.#wasAway ||= code === 'ECONNREFUSED';
    // mqtt.js gives these no code.
    if (error.message === 'connack timeout') {
      const seconds = this.pace.answerMs / 1000;
      this.#fault ||= `it took the connection, but gave no answer in ${seconds} s; check the port, and whether mqtt:// or mqtts:// fits`;
    }
    if (this.#connectedAtMs === undefined && isHangUp(error)) this.#fault ||= closedEarlyText(this.#options.address);
    if (error.message === 'Keepalive timeout' || networkFault.test(String(code))) this.#end = undefined;
    this.#fault ||= error.message || (typeof code === 'string' ? code : '');
  }

  /** It is we who end the session: the broker leaves this topic without an answer, or, if undefined, everything. */
  unanswered(topic: string | undefined): void {
    this.#fault = `it takes messages, but answers none${topic === undefined ? '' : ` on ${topic}`}`;
    this.#isExplained = true;
    this.#end = topic === undefined ? undefined : 'unanswered';
  }

  /** The broker says why it closes: MQTT 5 only. */
  dismissed(reasonCode: number, words: BrokerWords = {}): void {
    this.#fault = `the broker ended the session (${reasonText(reasonCode)})`;
    if (isElsewhere(reasonCode)) this.#refusal = elsewhereText(this.#options.address, words);
    this.#isOverloaded = isOverload(reasonCode);
    this.#isExplained = reasonCode !== sessionTakenOver;
    this.#end = endOf(reasonCode);
    // It is said in so many words: no need to wait for more of them.
    if (reasonCode === sessionTakenOver) this.#shortSessions = suspiciousSessions;
  }

  /** It was a message that ended the session, and it is known which. */
  explained(fault: string): void {
    this.#fault = fault;
    this.#isExplained = true;
  }

  /** The attempt failed, or the session is over. */
  ended(): Outlook {
    const { address, clientId } = this.#options;
    const { backoff, overload, refusedMs, contestedMs } = this.pace;
    this.#judgeLength();
    if (this.#refusal !== undefined)
      return { state: 'refused', detail: this.#refusal, retryInMs: spreadMs(refusedMs, this.#random) };
    if (this.#isContested) {
      const detail = `The broker ${address} ends our sessions: another client seems to use the id ${clientId} too; give one of them another device.id.`;
      return { state: 'disconnected', detail, retryInMs: spreadMs(contestedMs, this.#random) };
    }
    const fault =
      this.#fault ||
      (this.#connectedAtMs === undefined ? closedEarlyText(address) : 'the broker closed the connection');
    const retryInMs = this.#isOverloaded
      ? backoffMs(this.#overloads++, overload, this.#random)
      : backoffMs(this.#failedAttempts++, backoff, this.#random);
    return { state: 'disconnected', detail: `no session with ${address}: ${fault}`, retryInMs };
  }

  #judgeLength(): void {
    if (this.#connectedAtMs === undefined) {
      // Nobody to connect to: the sessions before ended with the broker, and not by another client with our id.
      if (!this.#isContested) this.#shortSessions = 0;
      return;
    }
    const lastedMs = this.#now() - this.#connectedAtMs;
    if (lastedMs >= this.pace.overload.maxMs) this.#overloads = 0;
    if (this.#isExplained) {
      this.#shortSessions = 0;
      return;
    }
    const longEnoughMs = this.#isContested ? 2 * this.pace.contestedMs : this.pace.shortSessionMs;
    this.#shortSessions = lastedMs >= longEnoughMs ? 0 : this.#shortSessions + 1;
  }

  get #isContested(): boolean {
    return this.#shortSessions >= suspiciousSessions;
  }
}
