/**
 * The index of one segment: for each event what a timeline is filtered by, and where its record lies, in 46 bytes. It is kept in
 * memory, and beside each finished segment on disk, so that a hundred thousand events are there at once after a start.
 */
import { crc32 } from 'node:zlib';
import type { EventRecord } from './event-record.ts';

export interface IndexEntry {
  readonly startMs: number;
  readonly endMs: number;
  /** When the broker had its last message; undefined: not yet. */
  readonly takenMs: number | undefined;
  /** Of the record's line in the segment. */
  readonly offset: number;
  readonly length: number;
  readonly camera: string;
  readonly label: string;
  readonly score: number;
}

export interface EventFilter {
  readonly camera?: string | undefined;
  readonly label?: string | undefined;
  readonly zone?: string | undefined;
  /** Events that were there at some time between these, ms since 1970. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

const entryBytes = 46;
const magic = 'GOBYIDX2';
/** Zones beyond this share one bit: it says "perhaps", and the record decides. */
const zoneBits = 31;

export class SegmentIndex {
  #view: DataView;
  #length = 0;
  /** Cameras, labels and zones; an entry has their positions. */
  readonly #names: string[] = [];
  readonly #zones: string[] = [];

  constructor() {
    this.#view = new DataView(new ArrayBuffer(64 * entryBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that it takes, names left aside. */
  get bytes(): number {
    return this.#view.byteLength;
  }

  add(record: EventRecord, offset: number, length: number): void {
    if ((this.#length + 1) * entryBytes > this.#view.byteLength) this.#resize(2 * this.#view.byteLength);
    const at = this.#length * entryBytes;
    const taken = record.messages.findLast(({ type }) => type === 'end')?.takenMs;
    this.#view.setFloat64(at, record.startMs, true);
    this.#view.setFloat64(at + 8, record.endMs, true);
    this.#view.setFloat64(at + 16, taken ?? Number.NaN, true);
    this.#view.setUint32(at + 24, offset, true);
    this.#view.setUint32(at + 28, length, true);
    this.#view.setUint32(at + 32, this.#zoneMask(record.zones), true);
    this.#view.setUint16(at + 36, position(this.#names, record.camera), true);
    this.#view.setUint16(at + 38, position(this.#names, record.label), true);
    this.#view.setUint16(at + 40, Math.round(65_535 * Math.min(1, Math.max(0, record.score))), true);
    this.#view.setUint32(at + 42, partsOf(record.id).counter, true);
    this.#length += 1;
  }

  at(index: number): IndexEntry {
    const at = index * entryBytes;
    const takenMs = this.#view.getFloat64(at + 16, true);
    return {
      startMs: this.#view.getFloat64(at, true),
      endMs: this.#view.getFloat64(at + 8, true),
      takenMs: Number.isNaN(takenMs) ? undefined : takenMs,
      offset: this.#view.getUint32(at + 24, true),
      length: this.#view.getUint32(at + 28, true),
      camera: this.#names[this.#view.getUint16(at + 36, true)] ?? '',
      label: this.#names[this.#view.getUint16(at + 38, true)] ?? '',
      score: this.#view.getUint16(at + 40, true) / 65_535,
    };
  }

  setTaken(index: number, takenMs: number): void {
    this.#view.setFloat64(index * entryBytes + 16, takenMs, true);
  }

  /** The position of an event by its id, the newest of that id; undefined when it isn't here. */
  indexOf(id: string): number | undefined {
    const { startMs, counter } = partsOf(id);
    for (let index = this.#length - 1; index >= 0; index--) {
      const at = index * entryBytes;
      if (this.#view.getUint32(at + 42, true) !== counter) continue;
      if (Math.round(this.#view.getFloat64(at, true)) === startMs) return index;
    }
    return undefined;
  }

  /**
   * Positions below `before` of what may fit a filter, the newest first; what has to be looked at in its record is among them.
   * @param most no more than this
   */
  find(filter: EventFilter, before: number, most: number): number[] {
    const camera = this.#names.indexOf(filter.camera ?? '');
    const label = this.#names.indexOf(filter.label ?? '');
    if ((filter.camera !== undefined && camera < 0) || (filter.label !== undefined && label < 0)) return [];
    const zone = filter.zone === undefined ? undefined : this.#zoneMask([filter.zone], false);
    if (zone === 0) return [];
    const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = filter;
    const found: number[] = [];
    for (let index = Math.min(before, this.#length) - 1; index >= 0 && found.length < most; index--) {
      const at = index * entryBytes;
      if (filter.camera !== undefined && this.#view.getUint16(at + 36, true) !== camera) continue;
      if (filter.label !== undefined && this.#view.getUint16(at + 38, true) !== label) continue;
      if (zone !== undefined && (this.#view.getUint32(at + 32, true) & zone) === 0) continue;
      if (this.#view.getFloat64(at + 8, true) < fromMs || this.#view.getFloat64(at, true) > toMs) continue;
      found.push(index);
    }
    return found;
  }

  /** Names that occur, for the choices of a filter. */
  names(): {
    readonly cameras: ReadonlySet<string>;
    readonly labels: ReadonlySet<string>;
    readonly zones: readonly string[];
  } {
    const cameras = new Set<string>();
    const labels = new Set<string>();
    for (let index = 0; index < this.#length; index++) {
      cameras.add(this.#names[this.#view.getUint16(index * entryBytes + 36, true)] ?? '');
      labels.add(this.#names[this.#view.getUint16(index * entryBytes + 38, true)] ?? '');
    }
    return { cameras, labels, zones: this.#zones };
  }

  /** When the newest event ended; undefined when it is empty. */
  get newestMs(): number | undefined {
    return this.#length === 0 ? undefined : this.at(this.#length - 1).endMs;
  }

  /** For the file beside the segment. @param segmentBytes length of the segment that it was made of */
  encode(segmentBytes: number): Buffer {
    this.#resize(Math.max(1, this.#length) * entryBytes);
    const head = Buffer.from(
      JSON.stringify({ segmentBytes, names: this.#names, zones: this.#zones, length: this.#length }),
    );
    const entries = Buffer.from(this.#view.buffer, 0, this.#length * entryBytes);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(head.length, 0);
    lengths.writeUInt32LE(crc32(entries, crc32(head)), 4);
    return Buffer.concat([Buffer.from(magic, 'latin1'), lengths, head, entries]);
  }

  /** Undefined when it isn't the index of a segment of this length, or is damaged: it is made anew then. */
  static decode(bytes: Buffer, segmentBytes: number): SegmentIndex | undefined {
    if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== magic) return undefined;
    const headEnd = 16 + bytes.readUInt32LE(8);
    if (headEnd > bytes.length || crc32(bytes.subarray(16)) !== bytes.readUInt32LE(12)) return undefined;
    const head = JSON.parse(bytes.toString('utf8', 16, headEnd)) as {
      segmentBytes: number;
      names: string[];
      zones: string[];
      length: number;
    };
    if (head.segmentBytes !== segmentBytes || bytes.length - headEnd !== head.length * entryBytes) return undefined;
    const index = new SegmentIndex();
    index.#view = new DataView(new Uint8Array(bytes.subarray(headEnd)).buffer);
    index.#length = head.length;
    index.#names.push(...head.names);
    index.#zones.push(...head.zones);
    return index;
  }

  #resize(bytes: number): void {
    const next = new Uint8Array(bytes);
    next.set(new Uint8Array(this.#view.buffer).subarray(0, Math.min(bytes, this.#length * entryBytes)));
    this.#view = new DataView(next.buffer);
  }

  #zoneMask(zones: readonly string[], adds = true): number {
    let mask = 0;
    for (const zone of zones) {
      const at = adds ? position(this.#zones, zone) : this.#zones.indexOf(zone);
      if (at >= 0) mask |= 1 << Math.min(at, zoneBits);
    }
    return mask >>> 0;
  }
}

function position(names: string[], name: string): number {
  const found = names.indexOf(name);
  return found >= 0 ? found : names.push(name) - 1;
}

/** An id is the time of its start and a counter, both in base 36: see flow/track/event-ids.ts. */
function partsOf(id: string): { startMs: number; counter: number } {
  const [start = '', counter = ''] = id.split('-');
  return { startMs: Number.parseInt(start, 36), counter: Number.parseInt(counter, 36) >>> 0 };
}
