/** The outbox: every event goes to disk before it is sent, and stays until the broker has it. Nobody ever waits for the disk. */
import { sentence } from '../../../errors.ts';
import type { Logger } from '../../../logger.ts';
import type { DeviceClock } from '../../../system/service/clock.ts';
import type { RandomSource } from '../../../system/service/retry.ts';
import type { Event } from '../../track/event.ts';
import { AckLedger } from './ack-ledger.ts';
import { OutboxWriter } from './outbox-writer.ts';
import { RecentRecords } from './recent-records.ts';
import type { OutboxRecord, Stamp } from './record.ts';
import { OutboxBook, recover } from './recover.ts';
import { SegmentReader } from './segment-reader.ts';
import { SegmentStore } from './segment-store.ts';

export interface OutboxOptions {
  /** Belongs to this process alone. Undefined: events are kept in memory only. */
  readonly folder: string | undefined;
  readonly maxBytes: number;
  readonly syncIntervalMs: number;
  readonly clock: DeviceClock;
  readonly random?: RandomSource | undefined;
  readonly logger: Logger;
  /** Who reads along: an event has its number, and the broker has it. */
  readonly watch?: OutboxWatch | undefined;
  /** `ready`, or `unavailable` while events are kept in memory only. */
  onStatus?(status: { state: 'ready' | 'unavailable'; detail: string }): void;
}

export interface OutboxWatch {
  recorded(event: Event, sequence: number): void;
  taken(event: Event, sequence: number): void;
}

export interface OutboxReport {
  /** Events the broker hasn't taken yet. */
  readonly waitingEvents: number;
  /** Events that were dropped since the start: for room, for their age, refused, or unreadable. */
  readonly lostEventsTotal: number;
  /** What it takes on the disk. */
  readonly outboxBytes: number;
}

/** Records kept in memory: for sending at once, and all there are while the disk can't be written. */
const mostInMemory = 1000;
/** Records that a disk may be behind with: one that hangs doesn't fill the memory. */
const mostBehind = 10_000;

export class Outbox {
  readonly #options: OutboxOptions;
  #store: SegmentStore | undefined;
  #book = new OutboxBook();
  #acks = new AckLedger();
  readonly #recent = new RecentRecords(mostInMemory);
  #writer: OutboxWriter | undefined;
  #isOpen = false;
  readonly #early: { event: Event; live: boolean }[] = [];
  #lastSequence = 0;
  #firstOfRun = 1;
  #reading: { reader: SegmentReader; next: number; nextFirst: number | undefined } | undefined;
  #lostTotal = 0;
  #onReady: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Finds what earlier runs left. Events added before wait until it has resolved. Never rejects: a folder that can't be used
   * is told as status, and events are kept in memory.
   * @returns the newest record of every event that an earlier run left open; its end, with reason interrupted, is on its way
   */
  async open(): Promise<readonly OutboxRecord[]> {
    const { folder } = this.#options;
    if (folder !== undefined) await this.#openFolder(folder);
    this.#firstOfRun = this.#lastSequence + 1;
    this.#isOpen = true;
    const left = [...this.#book.open.values()];
    for (const record of left) this.#record(interrupted(record), record.stamp, false);
    for (const { event, live } of this.#early.splice(0)) this.add(event, live);
    if (this.#writer === undefined) this.#onReady();
    return left;
  }

  /** Takes an event. @param live there is a session that it can go out with at once */
  add(event: Event, live: boolean): void {
    if (!this.#isOpen) {
      this.#early.push({ event, live });
      return;
    }
    const { clock } = this.#options;
    this.#noteClock();
    const { monotonicOriginMs, bootId, synchronised } = clock;
    const { startMonotonicMs, endMonotonicMs } = event;
    const told = {
      ...event,
      startMonotonicMs: startMonotonicMs + monotonicOriginMs,
      ...(endMonotonicMs === undefined ? {} : { endMonotonicMs: endMonotonicMs + monotonicOriginMs }),
    };
    const stamp = { bootId, sinceBootMs: clock.sinceBootMs(), wallMs: clock.wallMs() };
    this.#record(told, synchronised === undefined ? stamp : { ...stamp, synchronised }, live);
    this.#boundMemory();
  }

  /** Called whenever more may be sent. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  /** Every event up to this sequence may be sent: it is on disk, or the disk can't be written. */
  get readyTo(): number {
    return this.#writer === undefined || this.#writer.isFailing ? this.#lastSequence : this.#writer.writtenTo;
  }

  /** The lowest sequence that is not dealt with. */
  get oldest(): number {
    return this.#acks.to + 1;
  }

  /** Events with a lower sequence are of an earlier run. */
  get firstOfRun(): number {
    return this.#firstOfRun;
  }

  /** Every event up to this sequence outlives a power cut. */
  get durableTo(): number {
    return this.#writer?.durableTo ?? 0;
  }

  isDealtWith(sequence: number): boolean {
    return this.#acks.has(sequence);
  }

  /** The first record from this sequence on: at once where it is in memory. Undefined when there is none. */
  from(sequence: number): OutboxRecord | undefined | Promise<OutboxRecord | undefined> {
    return sequence >= this.#recent.first || this.#store === undefined
      ? this.#recent.from(sequence)
      : this.#fromDisk(sequence);
  }

  /** The broker has it. @param event what it was, for those who read along */
  taken(sequence: number, event?: Event): void {
    if (event !== undefined) this.#options.watch?.taken(event, sequence);
    if (this.#acks.add(sequence)) this.#writer?.answered();
  }

  /** It won't be sent: refused, too old, or it can't be read any more. */
  lost(sequence: number): void {
    if (!this.#acks.add(sequence)) return;
    this.#lostTotal += 1;
    this.#writer?.answered();
  }

  /** Wall clock minus time since boot of that boot, where its clock was synchronised. */
  clockOffsetMs(bootId: string): number | undefined {
    const { clock } = this.#options;
    this.#noteClock();
    if (bootId === clock.bootId && clock.synchronised === true) return clock.wallMs() - clock.sinceBootMs();
    return this.#book.clockOffsets.get(bootId);
  }

  report(): OutboxReport {
    return {
      waitingEvents: this.#acks.waiting(this.#lastSequence) + this.#early.length,
      lostEventsTotal: this.#lostTotal,
      outboxBytes: this.#store?.totalBytes ?? 0,
    };
  }

  /** Everything is written and synced afterwards, if the disk lets it. */
  async close(): Promise<void> {
    await this.#writer?.close();
  }

  async #openFolder(folder: string): Promise<void> {
    const { maxBytes, syncIntervalMs, random, logger } = this.#options;
    const store = new SegmentStore(folder);
    try {
      await store.open();
      const { book, damagedTotal } = await recover(store);
      if (damagedTotal > 0) logger.warn(`${damagedTotal} lines of ${folder} could not be read and are left out`);
      this.#book = book;
    } catch (error) {
      const detail = `events are kept in memory only: ${folder} can't be used (${sentence(error)})`;
      this.#report('unavailable', `${detail}; mend it and restart goby`);
      return;
    }
    this.#store = store;
    this.#lastSequence = this.#book.lastSequence;
    this.#acks = new AckLedger(this.#book.takenTo);
    this.#writer = new OutboxWriter({
      store,
      book: this.#book,
      acks: this.#acks,
      recent: this.#recent,
      maxBytes,
      syncIntervalMs,
      random,
      onWritten: () => this.#onReady(),
      onFault: (fault) => this.#onFault(folder, fault),
      onDropped: (count) => this.#onDropped(count, `${folder} is full`),
      onRebuilt: (lost) => this.#onRebuilt(folder, lost),
    });
    this.#report('ready', this.#book.lastSequence === 0 ? 'empty' : 'opened');
  }

  #record(event: Event, stamp: Stamp, live: boolean): void {
    this.#lastSequence += 1;
    this.#options.watch?.recorded(event, this.#lastSequence);
    this.#recent.add({ sequence: this.#lastSequence, event, stamp, live });
    if (this.#writer) this.#writer.wake();
    else this.#onReady();
  }

  /** Where the disk doesn't keep up, the oldest of what is only in memory goes first. */
  #boundMemory(): void {
    const kept = this.#writer?.writtenTo ?? this.#acks.to;
    if (this.#writer === undefined) this.#recent.trimThrough(kept);
    const most = this.#writer === undefined || this.#writer.isFailing ? mostInMemory : mostBehind;
    if (this.#recent.count(kept + 1) <= most) return;
    const { sequence } = this.#recent.from(kept + 1)!;
    this.#recent.delete(sequence);
    if (this.#acks.add(sequence)) this.#onDropped(1, "the disk can't be written");
  }

  #onDropped(count: number, why: string): void {
    if (count === 0) return;
    if (this.#lostTotal === 0) this.#options.logger.warn(`the oldest events are dropped: ${why}`);
    this.#lostTotal += count;
  }

  #onRebuilt(folder: string, lost: number): void {
    this.#lostTotal += lost;
    this.#reading = undefined;
    const cost = lost === 0 ? 'no event is lost' : `${lost} events that waited in them are lost`;
    this.#options.logger.warn(`the files of ${folder} were removed while goby runs; they are made anew, ${cost}`);
  }

  #onFault(folder: string, fault: unknown): void {
    if (fault === undefined) this.#report('ready', 'written again');
    else this.#report('unavailable', `events are kept in memory: ${folder} can't be written (${sentence(fault)})`);
  }

  #report(state: 'ready' | 'unavailable', detail: string): void {
    this.#options.onStatus?.({ state, detail });
  }

  /** Remembers the offset of this boot's clock once it is right: events that waited longer than the process need it. */
  #noteClock(): void {
    const { clock } = this.#options;
    if (clock.synchronised !== true || this.#book.clockOffsets.has(clock.bootId)) return;
    const offsetMs = clock.wallMs() - clock.sinceBootMs();
    this.#book.setClock(clock.bootId, offsetMs);
    this.#writer?.wake({ kind: 'clock', bootId: clock.bootId, offsetMs });
  }

  async #fromDisk(sequence: number): Promise<OutboxRecord | undefined> {
    // Twice: a file may have grown since it was read.
    for (let misses = 0; misses < 2; ) {
      if (this.#reading === undefined || this.#reading.next > sequence) {
        const found = await this.#store!.read(sequence).catch(() => undefined);
        if (found === undefined) break;
        this.#reading = { reader: new SegmentReader(found.bytes), next: 0, nextFirst: found.nextFirst };
      }
      const record = nextRecord(this.#reading.reader, sequence);
      if (record) {
        this.#reading.next = record.sequence + 1;
        return record;
      }
      const { nextFirst } = this.#reading;
      this.#reading = undefined;
      if (nextFirst === undefined || nextFirst <= sequence) misses += 1;
      else sequence = nextFirst;
      if (sequence >= this.#recent.first) break;
    }
    return this.#recent.from(sequence);
  }
}

function nextRecord(reader: SegmentReader, sequence: number): OutboxRecord | undefined {
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    if (line.kind === 'event' && line.record.sequence >= sequence) return line.record;
  }
  return undefined;
}

/** The end of an event that a crash left open: when it was told last. */
function interrupted({ event, stamp }: OutboxRecord): Event {
  return {
    ...event,
    type: 'end',
    endMs: Math.max(event.startMs, Math.round(stamp.wallMs)),
    endMonotonicMs: stamp.sinceBootMs,
    reason: 'interrupted',
  };
}
