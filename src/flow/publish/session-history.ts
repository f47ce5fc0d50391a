/** What became of the sessions so far, and so what to say about it and when to try again. */
import type { MqttConfig } from '../../config/schema.ts';
import { type BackoffOptions, backoffMs } from '../../system/service/retry.ts';
import { closedEarlyText, isHangUp } from './closed-early.ts';
import { explainRefusal } from './refusal.ts';

/** How long to wait for an answer, how soon to try again, and when to suspect another client with our id. */
export interface SessionPace {
  readonly answerMs: number;
  readonly backoff: BackoffOptions;
  /** A refusal seldom mends itself: ask again slowly. */
  readonly refusedMs: number;
  /** Sessions that end sooner than this, several times in a row, look like another client with our id. */
  readonly shortSessionMs: number;
  /** Another client with our id is not fought: this long between attempts, until a session lasts twice as long. */
  readonly contestedMs: number;
}

export const sessionPace: SessionPace = {
  answerMs: 10_000,
  // Events wait for a broker that is back: it is found within 2 s, at the price of a SYN every 2 s while it is away.
  backoff: { firstMs: 500, factor: 2, maxMs: 2000 },
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
  readonly config: Pick<MqttConfig, 'username' | 'protocolVersion'>;
  readonly pace?: SessionPace | undefined;
  readonly now?: () => number;
}

export class SessionHistory {
  readonly pace: SessionPace;
  readonly #options: SessionHistoryOptions;
  readonly #now: () => number;
  #failedAttempts = 0;
  #shortSessions = 0;
  #connectedAtMs: number | undefined;
  #refusal: string | undefined;
  #fault = '';

  constructor(options: SessionHistoryOptions) {
    this.#options = options;
    this.pace = options.pace ?? sessionPace;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A new attempt: what made the last one fail need not be true any more. */
  attempt(): void {
    this.#connectedAtMs = undefined;
    this.#refusal = undefined;
    this.#fault = '';
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
    this.#refusal ??= explainRefusal(error, this.#options);
    // mqtt.js gives this one no code.
    if (error.message === 'connack timeout') {
      const seconds = this.pace.answerMs / 1000;
      this.#fault ||= `it took the connection, but gave no answer in ${seconds} s; check the port, and whether mqtt:// or mqtts:// fits`;
    }
    if (this.#connectedAtMs === undefined && isHangUp(error)) this.#fault ||= closedEarlyText(this.#options.address);
    this.#fault ||= error.message || (typeof error.code === 'string' ? error.code : '');
  }

  /** It is we who end the session: the broker answers nothing any more. */
  unanswered(): void {
    this.#fault = 'it takes messages, but answers none';
    this.#connectedAtMs = undefined;
  }

  /** The broker says why it closes: MQTT 5 only. */
  dismissed(reasonCode: number): void {
    this.#fault = `the broker ended the session (reason code ${reasonCode})`;
    // Session taken over: section 3.14.2.1.
    if (reasonCode === 0x8e) this.#shortSessions = suspiciousSessions;
  }

  /** The attempt failed, or the session is over. */
  ended(): Outlook {
    const { address, clientId } = this.#options;
    const { backoff, refusedMs, contestedMs } = this.pace;
    this.#judgeLength();
    if (this.#refusal !== undefined) return { state: 'refused', detail: this.#refusal, retryInMs: refusedMs };
    if (this.#isContested) {
      const detail = `The broker ${address} ends our sessions: another client seems to use the id ${clientId} too; give one of them another device.id.`;
      return { state: 'disconnected', detail, retryInMs: contestedMs };
    }
    const fault =
      this.#fault ||
      (this.#connectedAtMs === undefined ? closedEarlyText(address) : 'the broker closed the connection');
    const retryInMs = backoffMs(this.#failedAttempts++, backoff);
    return { state: 'disconnected', detail: `no session with ${address}: ${fault}`, retryInMs };
  }

  #judgeLength(): void {
    if (this.#connectedAtMs === undefined) {
      // Nobody to connect to: the sessions before ended with the broker, and not by another client with our id.
      if (!this.#isContested) this.#shortSessions = 0;
      return;
    }
    const lastedMs = this.#now() - this.#connectedAtMs;
    const longEnoughMs = this.#isContested ? 2 * this.pace.contestedMs : this.pace.shortSessionMs;
    this.#shortSessions = lastedMs >= longEnoughMs ? 0 : this.#shortSessions + 1;
  }

  get #isContested(): boolean {
    return this.#shortSessions >= suspiciousSessions;
  }
}
