/** Sends what is in the outbox: in order, a window of it at a time, again from the oldest with every new session. */
import type { DeviceClock } from '../../../system/service/clock.ts';
import type { RandomSource } from '../../../system/service/retry.ts';
import type { Delivery } from '../message.ts';
import { type TimedEvent, timedEvent } from './event-times.ts';
import type { Outbox } from './outbox.ts';
import { Postponed } from './postponed.ts';
import type { OutboxRecord } from './record.ts';

/** An event as it is sent. */
export interface Outgoing extends TimedEvent {
  readonly sequence: number;
  readonly bootId: string;
  /** It may have been sent before, or didn't go out when it happened: there was no session, or goby was started since. */
  readonly replayed: boolean;
  /** Nobody wants it any more after this long; undefined: can't be told, the clock isn't right. */
  readonly expiresInMs: number | undefined;
}

export interface OutboxSenderOptions {
  readonly outbox: Outbox;
  readonly clock: DeviceClock;
  readonly maxAgeMs: number;
  readonly random?: RandomSource | undefined;
  /** Resolves once the broker has it (`taken`), won't have it ever (`refused`) or now (`later`), or there is no session (`unsent`). */
  send(outgoing: Outgoing): Promise<Delivery>;
  isConnected(): boolean;
}

/** Events under way without an answer. */
const mostUnderWay = 100;
/** A session that is there but takes no more is asked again after this long. */
const againMs = 200;

export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  readonly #underWay = new Set<number>();
  readonly #postponed: Postponed;
  #session = 0;
  #stalled = false;
  #pumping = false;
  #cursor = 1;
  #attemptedTo = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;

  constructor(options: OutboxSenderOptions) {
    this.#options = options;
    this.#postponed = new Postponed(options.random ?? Math.random, (camera, first) => void this.#probe(camera, first));
    options.outbox.onReady(() => void this.#pump());
  }

  /** There is a new session: everything that isn't dealt with goes out again. */
  connected(): void {
    this.#session += 1;
    this.#underWay.clear();
    this.#postponed.clear();
    this.#resume();
  }

  /** Resolves when nothing waits any more, or nothing can be sent. */
  async idle(): Promise<void> {
    while (this.#options.isConnected() && this.#options.outbox.report().waitingEvents > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#postponed.clear();
    this.#stalled = true;
  }

  #resume(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stalled = false;
    this.#cursor = this.#options.outbox.oldest;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#maySend()) {
        const session = this.#session;
        const next = this.#options.outbox.from(this.#cursor);
        const record = next instanceof Promise ? await next : next;
        if (session !== this.#session) continue;
        this.#leaveOut(record === undefined ? this.#options.outbox.readyTo + 1 : record.sequence);
        if (record !== undefined) this.#offer(record);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #maySend(): boolean {
    const { outbox, isConnected } = this.#options;
    this.#cursor = Math.max(this.#cursor, outbox.oldest);
    return !this.#stalled && isConnected() && this.#underWay.size < mostUnderWay && this.#cursor <= outbox.readyTo;
  }

  /** Events that should be here and aren't: dropped, or damaged on the disk. */
  #leaveOut(until: number): void {
    for (; this.#cursor < until; this.#cursor++) this.#options.outbox.lost(this.#cursor);
  }

  #offer(record: OutboxRecord): void {
    const { outbox } = this.#options;
    const { sequence, event } = record;
    this.#cursor = sequence + 1;
    if (outbox.isDealtWith(sequence) || this.#underWay.has(sequence)) return;
    if (this.#postponed.has(event.camera)) this.#postponed.join(event.camera, sequence);
    else this.#sendOrLeave(record);
  }

  /** The first event that waits for a camera which the broker refused; the others wait for what becomes of it. */
  async #probe(camera: string, first: number): Promise<void> {
    const { outbox } = this.#options;
    const session = this.#session;
    for (let sequence = first; sequence <= outbox.readyTo; ) {
      const record = await outbox.from(sequence);
      if (session !== this.#session || this.#stalled || record === undefined) break;
      sequence = record.sequence + 1;
      if (record.event.camera !== camera || outbox.isDealtWith(record.sequence)) continue;
      this.#postponed.trying(camera, record.sequence);
      if (this.#sendOrLeave(record)) return;
    }
    if (session === this.#session) this.#release(camera);
  }

  /** @returns false for an event that nobody wants any more */
  #sendOrLeave(record: OutboxRecord): boolean {
    const outgoing = this.#outgoing(record);
    const isWanted = outgoing.expiresInMs === undefined || outgoing.expiresInMs > 0;
    if (isWanted) void this.#send(outgoing);
    else this.#options.outbox.lost(record.sequence);
    return isWanted;
  }

  #release(camera: string): void {
    const first = this.#postponed.release(camera);
    if (first === undefined) return;
    this.#cursor = Math.min(this.#cursor, first);
    void this.#pump();
  }

  async #send(outgoing: Outgoing): Promise<void> {
    const { outbox, send, isConnected } = this.#options;
    const session = this.#session;
    const { sequence, event } = outgoing;
    this.#underWay.add(sequence);
    const sending = send(outgoing);
    this.#attemptedTo = Math.max(this.#attemptedTo, sequence);
    const delivery = await sending;
    if (delivery === 'taken') outbox.taken(sequence, outgoing.event);
    if (delivery === 'refused') outbox.lost(sequence);
    if (session === this.#session) {
      this.#underWay.delete(sequence);
      const isTried = this.#postponed.isTried(event.camera, sequence);
      if (delivery === 'later') this.#postponed.postpone(event.camera, sequence);
      else if (isTried) this.#release(event.camera);
      if (delivery === 'unsent') {
        this.#stalled = true;
        if (isConnected()) this.#timer ??= setTimeout(() => this.#resume(), againMs);
      }
    }
    this.#idle?.();
    void this.#pump();
  }

  #outgoing(record: OutboxRecord): Outgoing {
    const { outbox, maxAgeMs } = this.#options;
    const { sequence, stamp, live } = record;
    const timed = timedEvent(record, outbox.clockOffsetMs(stamp.bootId));
    const ageMs = this.#ageMs(record, timed);
    return {
      ...timed,
      sequence,
      bootId: stamp.bootId,
      replayed: !live || sequence <= this.#attemptedTo || sequence < outbox.firstOfRun,
      expiresInMs: ageMs === undefined ? undefined : maxAgeMs - ageMs,
    };
  }

  #ageMs({ stamp }: OutboxRecord, { clockSynchronised, recordedMs }: TimedEvent): number | undefined {
    const { clock } = this.#options;
    if (stamp.bootId === clock.bootId) return clock.sinceBootMs() - stamp.sinceBootMs;
    return clockSynchronised === false || clock.synchronised === false ? undefined : clock.wallMs() - recordedMs;
  }
}
