/** The event store: the lives of ended events on disk, for the timeline. Append-only, bounded by age and size, whole after a crash. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { SerialQueue } from '../system/files/serial-queue.ts';
import type { EventRecord } from './event-record.ts';
import { pagePlace } from './page-place.ts';
import type { EventFilter, IndexEntry } from './segment-index.ts';
import {
  append,
  eventLine,
  newSegment,
  openSegments,
  readRecord,
  removeSegment,
  type Segment,
  type TakenNote,
  takenLine,
  writeIndex,
} from './segments.ts';

export interface EventStoreOptions {
  /** Belongs to this process alone. */
  readonly folder: string;
  readonly maxAgeDays: number;
  readonly quotaMb: number;
  readonly logger: Logger;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
  /** Length at which a segment is finished; for tests. */
  readonly segmentBytes?: number;
}

/** One page of the timeline. */
export interface EventPage {
  /** What was asked for, the newest end first. */
  readonly events: readonly EventRecord[];
  /** Where the next page begins; absent: there is none. */
  readonly next?: string;
}

const dayMs = 86_400_000;
const syncAfterMs = 1000;
const tidyIntervalMs = 3_600_000;
/** A segment that began this long ago is finished, so that age can end it in time. */
const segmentMs = dayMs;
const mostWaiting = 2000;

export class EventStore {
  readonly #options: EventStoreOptions;
  readonly #queue = new SerialQueue();
  #segments: Segment[] = [];
  #file: FileHandle | undefined;
  #waiting: (EventRecord | TakenNote)[] = [];
  #isFailing = false;
  #lost = 0;
  #syncTimer: NodeJS.Timeout | undefined;
  #tidyTimer: NodeJS.Timeout | undefined;

  constructor(options: EventStoreOptions) {
    this.#options = options;
  }

  /** Finds what is there. Never rejects: a folder that can't be used is told, and events are kept nowhere. */
  async open(): Promise<void> {
    const { folder, logger } = this.#options;
    try {
      const { segments, damaged } = await openSegments(folder);
      this.#segments = segments;
      if (damaged > 0) logger.warn(`${damaged} lines of ${folder} could not be read and are left out`);
      for (const segment of segments) for (const note of segment.notes) this.#take(note);
    } catch (error) {
      this.#onFault(error);
    }
    await this.tidy();
    this.#tidyTimer = setInterval(() => void this.tidy(), tidyIntervalMs).unref();
  }

  /** Events in the store. */
  get length(): number {
    return this.#segments.reduce((sum, { index }) => sum + index.length, 0);
  }

  report(): { readonly events: number; readonly bytes: number; readonly lostTotal: number } {
    return {
      events: this.length,
      bytes: this.#segments.reduce((sum, { bytes }) => sum + bytes, 0),
      lostTotal: this.#lost,
    };
  }

  /** Takes the life of an event that has ended. Nobody waits for the disk. */
  add(record: EventRecord): void {
    this.#put(record);
  }

  /** The broker has the last message of an event. */
  taken(id: string, takenMs: number): void {
    this.#put({ id, takenMs });
  }

  /** Resolves when everything that was added before is written, if the disk lets it. */
  written(): Promise<void> {
    return this.#queue.add(() => this.#write());
  }

  /**
   * A page of the timeline.
   * @param before `next` of the page before; absent: the newest
   */
  async page(filter: EventFilter, most: number, before?: string): Promise<EventPage> {
    let [number, position] = pagePlace(before);
    const events: EventRecord[] = [];
    for (let at = this.#segments.length - 1; at >= 0; at--) {
      const segment = this.#segments[at]!;
      if (segment.number > number) continue;
      if (segment.number < number) position = Number.MAX_SAFE_INTEGER;
      number = segment.number;
      // One more than is wanted tells whether there is a next page.
      for (const index of segment.index.find(filter, position, Number.POSITIVE_INFINITY)) {
        const record = await this.#read(segment, index);
        if (record === undefined || (filter.zone !== undefined && !record.zones.includes(filter.zone))) continue;
        events.push(record);
        if (events.length === most) return { events, next: `${segment.number}-${index}` };
      }
    }
    return { events };
  }

  /** One event by its id. */
  async event(id: string): Promise<EventRecord | undefined> {
    const place = this.#placeOf(id);
    const record = place === undefined ? undefined : await this.#read(...place);
    return record?.id === id ? record : undefined;
  }

  /** Cameras, labels and zones that occur, sorted. */
  names(): { readonly cameras: string[]; readonly labels: string[]; readonly zones: string[] } {
    const found = { cameras: new Set<string>(), labels: new Set<string>(), zones: new Set<string>() };
    for (const { index } of this.#segments) {
      const { cameras, labels, zones } = index.names();
      for (const name of cameras) found.cameras.add(name);
      for (const name of labels) found.labels.add(name);
      for (const name of zones) found.zones.add(name);
    }
    return { cameras: [...found.cameras].sort(), labels: [...found.labels].sort(), zones: [...found.zones].sort() };
  }

  /** Deletes what is too old or too much, whole segments at a time, never the one that is written. */
  tidy(): Promise<void> {
    const { maxAgeDays, quotaMb, now = Date.now } = this.#options;
    return this.#queue.add(async () => {
      while (this.#segments.length > 1) {
        const oldest = this.#segments[0]!;
        const isOld = (oldest.index.newestMs ?? 0) < now() - maxAgeDays * dayMs;
        if (!isOld && this.report().bytes <= quotaMb * 1_000_000) break;
        await removeSegment(oldest).catch((error: unknown) => this.#onFault(error));
        this.#segments.shift();
      }
    });
  }

  /** Writes and syncs what there is, if the disk lets it. */
  async close(): Promise<void> {
    clearInterval(this.#tidyTimer);
    clearTimeout(this.#syncTimer);
    await this.#queue.add(async () => {
      await this.#write();
      await this.#file?.datasync().catch((error: unknown) => this.#onFault(error));
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  #put(item: EventRecord | TakenNote): void {
    this.#waiting.push(item);
    if (this.#waiting.length > mostWaiting) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    void this.#queue.add(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#writeSome();
      if (this.#isFailing) this.#options.logger.info(`${this.#options.folder} can be written again`);
      this.#isFailing = false;
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** As much as the segment has room for, and one line at least. */
  async #writeSome(): Promise<void> {
    const segment = await this.#current();
    const lines: Buffer[] = [];
    let bytes = segment.bytes;
    for (const item of this.#waiting) {
      if (lines.length > 0 && bytes >= this.#segmentBytes) break;
      const line = Buffer.from('label' in item ? eventLine(item) : takenLine(item));
      lines.push(line);
      bytes += line.length;
    }
    await append(this.#file!, segment, Buffer.concat(lines));
    this.#enter(segment, this.#waiting.splice(0, lines.length), lines);
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      void this.#queue.add(async () => this.#file?.datasync().catch((error: unknown) => this.#onFault(error)));
    }, syncAfterMs).unref();
  }

  get #segmentBytes(): number {
    return this.#options.segmentBytes ?? 1_048_576;
  }

  #enter(segment: Segment, items: readonly (EventRecord | TakenNote)[], lines: readonly Buffer[]): void {
    let offset = segment.bytes - lines.reduce((sum, { length }) => sum + length, 0);
    for (const [at, item] of items.entries()) {
      const { length } = lines[at]!;
      if ('label' in item) segment.index.add(item, offset, length - 1);
      else {
        segment.notes.push(item);
        this.#take(item);
      }
      offset += length;
    }
  }

  /** The segment that is written, begun anew when it is long or old enough. */
  async #current(): Promise<Segment> {
    const { folder, now = Date.now } = this.#options;
    await this.#noticeDeleted();
    const last = this.#segments.at(-1);
    const began = last === undefined || last.index.length === 0 ? undefined : last.index.at(0).endMs;
    const isFull =
      last !== undefined && (last.bytes >= this.#segmentBytes || (began !== undefined && now() - began > segmentMs));
    if (last !== undefined && !isFull) {
      this.#file ??= await open(last.path, 'r+');
      return last;
    }
    const next = newSegment(folder, (last?.number ?? 0) + 1);
    await mkdir(folder, { recursive: true });
    const file = await open(next.path, 'w', 0o640);
    await this.#file?.datasync();
    await this.#file?.close();
    this.#file = file;
    if (last !== undefined) await writeIndex(last);
    this.#segments.push(next);
    void this.tidy();
    return next;
  }

  /** A file that was deleted while it is open takes what is written, and nobody ever finds it. */
  async #noticeDeleted(): Promise<void> {
    if (this.#file === undefined || (await this.#file.stat()).nlink > 0) return;
    const { folder, logger } = this.#options;
    logger.warn(`${folder} was deleted; the timeline begins anew there`);
    await this.#file.close();
    this.#file = undefined;
    this.#segments = (await openSegments(folder)).segments;
  }

  #take({ id, takenMs }: TakenNote): void {
    const [segment, index] = this.#placeOf(id) ?? [];
    if (segment !== undefined && index !== undefined) segment.index.setTaken(index, takenMs);
  }

  #placeOf(id: string): [Segment, number] | undefined {
    for (const segment of this.#segments.toReversed()) {
      const index = segment.index.indexOf(id);
      if (index !== undefined) return [segment, index];
    }
    return undefined;
  }

  async #read(segment: Segment, index: number): Promise<EventRecord | undefined> {
    const entry = segment.index.at(index);
    const record = await readRecord(segment, entry.offset, entry.length).catch(() => undefined);
    return record === undefined ? undefined : withTaken(record, entry);
  }

  #onFault(error: unknown): void {
    if (!this.#isFailing) {
      this.#options.logger.warn(`events can't be kept for the timeline in ${this.#options.folder}: ${sentence(error)}`);
    }
    this.#isFailing = true;
  }
}

/** A note that came after the record counts for all messages that were still under way. */
function withTaken(record: EventRecord, { takenMs }: IndexEntry): EventRecord {
  if (takenMs === undefined) return record;
  return { ...record, messages: record.messages.map((message) => ({ takenMs, ...message })) };
}
