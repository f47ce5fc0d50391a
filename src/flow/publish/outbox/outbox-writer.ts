/** Writes what the outbox is given: in batches, synced within a window, retried when the disk is full. */
import { type BackoffOptions, backoffMs, type RandomSource } from '../../../system/service/retry.ts';
import type { AckLedger } from './ack-ledger.ts';
import type { RecentRecords } from './recent-records.ts';
import { encodeLine, type OutboxLine, type OutboxRecord } from './record.ts';
import type { OutboxBook } from './recover.ts';
import { SegmentReader } from './segment-reader.ts';
import type { SegmentStore } from './segment-store.ts';

export interface OutboxWriterOptions {
  readonly store: SegmentStore;
  readonly book: OutboxBook;
  readonly acks: AckLedger;
  readonly recent: RecentRecords;
  readonly maxBytes: number;
  readonly syncIntervalMs: number;
  readonly random?: RandomSource | undefined;
  /** More events may be sent. */
  onWritten(): void;
  /** The disk can't be written, or can again. */
  onFault(fault: unknown): void;
  /** Events that had to make room for newer ones. */
  onDropped(count: number): void;
  /** Somebody removed the files; they are there again. @param lost events that were in them only */
  onRebuilt(lost: number): void;
}

/** Records that are written together at most: what a Pi encodes in a few milliseconds. */
const batchRecords = 100;
/** Answers of the broker are noted together with what is written next, or after this long. */
const noteAnswersMs = 200;
/** How often it is looked whether the files are still there while nothing is written. */
const lookMs = 5000;
const retry: BackoffOptions = { firstMs: 250, factor: 2, maxMs: 2000 };
/** Segments are this part of the whole: so much is dropped at once when it is full. */
const segmentsOfWhole = 16;
const longestSegmentBytes = 1_048_576;

export class OutboxWriter {
  readonly #options: OutboxWriterOptions;
  readonly #notes: OutboxLine[] = [];
  #writtenTo: number;
  #durableTo: number;
  #notedTakenTo: number;
  #working: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #answersTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #lookTimer: NodeJS.Timeout;
  #lookDue = false;
  #answersDue = false;
  #failures = 0;
  #closed = false;

  constructor(options: OutboxWriterOptions) {
    this.#options = options;
    this.#writtenTo = this.#durableTo = options.book.lastSequence;
    this.#notedTakenTo = options.acks.to;
    this.#lookTimer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Every event up to this sequence outlives the process. */
  get writtenTo(): number {
    return this.#writtenTo;
  }

  /** Every event up to this sequence outlives a power cut. */
  get durableTo(): number {
    return this.#durableTo;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** There are new records, or this line besides. */
  wake(note?: OutboxLine): void {
    if (note) this.#notes.push(note);
    if (!this.isFailing && !this.#closed) this.#run();
  }

  /** The broker has answered: worth a note, but not at once. */
  answered(): void {
    if (this.#closed) return;
    this.#answersTimer ??= setTimeout(() => {
      this.#answersTimer = undefined;
      this.#answersDue = true;
      this.wake();
    }, noteAnswersMs);
  }

  /** Writes and syncs what there is, if the disk lets it. */
  async close(): Promise<void> {
    for (const timer of [this.#syncTimer, this.#answersTimer, this.#retryTimer, this.#lookTimer]) clearTimeout(timer);
    this.#answersDue = true;
    this.#lookDue = true;
    this.#closed = true;
    await this.#working;
    await this.#work();
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    await this.#options.store.close().catch((error) => this.#options.onFault(error));
  }

  #hasWork(): boolean {
    const { recent, acks } = this.#options;
    const answersDue = this.#answersDue && acks.to > this.#notedTakenTo;
    return recent.count(this.#writtenTo + 1) > 0 || this.#notes.length > 0 || answersDue || this.#lookDue;
  }

  #run(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // What came between the last look and now.
      if (this.#hasWork()) this.wake();
    });
  }

  async #work(): Promise<void> {
    try {
      if (this.isFailing) await this.#options.store.sync();
      while (this.#hasWork()) {
        if (!(await this.#options.store.isThere())) await this.#rebuild();
        this.#lookDue = false;
        if (!this.#hasWork()) break;
        await this.#write();
        await this.#makeRoom();
      }
      if (!this.isFailing) return;
      this.#failures = 0;
      this.#options.onFault(undefined);
    } catch (error) {
      this.#onFault(error);
    }
  }

  async #write(): Promise<void> {
    const { store, book, acks, recent, syncIntervalMs, onWritten } = this.#options;
    const { currentBytes } = store;
    if (currentBytes === undefined || currentBytes >= this.#segmentBytes) {
      await store.begin(this.#writtenTo + 1, encodeLine(book.stateLine(acks.to)));
      this.#durableTo = this.#writtenTo;
    }
    const records = recent.slice(this.#writtenTo + 1, batchRecords);
    const notes = this.#notes.length;
    const takenTo = acks.to;
    const lines: OutboxLine[] = records.map((record) => ({ kind: 'event', record }));
    lines.push(...this.#notes);
    if (takenTo > this.#notedTakenTo) lines.push({ kind: 'taken', to: takenTo });
    await store.append(lines.map(encodeLine).join(''));
    for (const record of records) book.follow(record);
    this.#writtenTo = records.at(-1)?.sequence ?? this.#writtenTo;
    this.#notes.splice(0, notes);
    this.#notedTakenTo = takenTo;
    this.#answersDue = false;
    if (syncIntervalMs === 0) await this.#sync();
    else this.#syncTimer ??= setTimeout(() => void this.#sync(), syncIntervalMs);
    recent.trimThrough(this.#writtenTo);
    onWritten();
  }

  #look(): void {
    this.#lookDue = true;
    this.wake();
  }

  /** Writes anew what nobody has taken yet, from the removed file itself and from memory. */
  async #rebuild(): Promise<void> {
    const { store, book, acks, recent, onRebuilt } = this.#options;
    const survivors = await store.survivors();
    const known = new Map<number, OutboxRecord>();
    const reader = new SegmentReader(await store.readCurrent());
    for (let line = reader.next(); line !== undefined; line = reader.next())
      if (line.kind === 'event') known.set(line.record.sequence, line.record);
    for (const record of recent.slice(acks.to + 1, Number.POSITIVE_INFINITY))
      if (record.sequence <= this.#writtenTo) known.set(record.sequence, record);
    // What lies in files that survived stays there.
    const newestFirst = store.firsts.at(-1) ?? 1;
    const from = survivors.length > 0 ? newestFirst : acks.to + 1;
    const records = [...known.values()].filter(({ sequence }) => sequence >= from);
    records.sort((one, other) => one.sequence - other.sequence);
    const first = survivors.length > 0 ? newestFirst : (records[0]?.sequence ?? this.#writtenTo + 1);
    const takenTo = survivors.length > 0 ? acks.to : Math.max(acks.to, first - 1);
    const lines: OutboxLine[] = [
      book.stateLine(takenTo),
      ...records.map((record) => ({ kind: 'event', record }) as const),
    ];
    await store.rebuild(first, lines.map(encodeLine).join(''), survivors);
    onRebuilt(acks.addThrough(takenTo));
    this.#notedTakenTo = Math.max(this.#notedTakenTo, takenTo);
    this.#durableTo = this.#writtenTo;
  }

  async #makeRoom(): Promise<void> {
    const { store, acks, maxBytes, onDropped } = this.#options;
    await store.removeThrough(this.#notedTakenTo);
    while (store.totalBytes > maxBytes) {
      const last = await store.dropOldest();
      if (last === undefined) break;
      onDropped(acks.addThrough(last));
    }
  }

  /** Beside writing: a card may take its time. */
  async #sync(): Promise<void> {
    this.#syncTimer = undefined;
    const writtenTo = this.#writtenTo;
    this.#syncing = this.#options.store.sync().then(
      () => {
        this.#durableTo = Math.max(this.#durableTo, writtenTo);
      },
      (error) => this.#onFault(error),
    );
    await this.#syncing;
  }

  #onFault(error: unknown): void {
    this.#failures += 1;
    this.#options.onFault(error);
    // What is in memory may be sent all the same.
    this.#options.onWritten();
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#run(), backoffMs(this.#failures - 1, retry, this.#options.random));
  }

  get #segmentBytes(): number {
    return Math.min(longestSegmentBytes, this.#options.maxBytes / segmentsOfWhole);
  }
}
