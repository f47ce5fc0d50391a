/** What earlier runs left in the outbox: the newest state that can be read, and everything that was written after it. */
import type { OutboxLine, OutboxRecord } from './record.ts';
import { SegmentReader } from './segment-reader.ts';
import type { SegmentStore } from './segment-store.ts';

/** Offsets of this many boots are remembered. */
const mostBoots = 8;

/** More events than this can't be in view at once: the state of a file stays short. */
const mostOpen = 200;

/** The outbox's state while it works: what a state line holds, and the last sequence. */
export class OutboxBook {
  takenTo = 0;
  lastSequence = 0;
  readonly open = new Map<string, OutboxRecord>();
  readonly clockOffsets = new Map<string, number>();

  take(line: OutboxLine): void {
    switch (line.kind) {
      case 'event':
        this.lastSequence = Math.max(this.lastSequence, line.record.sequence);
        this.follow(line.record);
        break;
      case 'taken':
        this.takenTo = Math.max(this.takenTo, line.to);
        break;
      case 'clock':
        this.setClock(line.bootId, line.offsetMs);
        break;
      case 'state':
        this.takenTo = Math.max(this.takenTo, line.takenTo);
        this.open.clear();
        for (const record of line.open) this.open.set(record.event.id, record);
        for (const [bootId, offsetMs] of Object.entries(line.clockOffsets)) this.setClock(bootId, offsetMs);
    }
  }

  follow(record: OutboxRecord): void {
    const { type, id } = record.event;
    this.open.delete(id);
    if (type !== 'end') this.open.set(id, record);
    const [oldest] = this.open.keys();
    if (this.open.size > mostOpen && oldest !== undefined) this.open.delete(oldest);
  }

  setClock(bootId: string, offsetMs: number): void {
    this.clockOffsets.delete(bootId);
    this.clockOffsets.set(bootId, offsetMs);
    const [oldest] = this.clockOffsets.keys();
    if (this.clockOffsets.size > mostBoots && oldest !== undefined) this.clockOffsets.delete(oldest);
  }

  stateLine(takenTo: number): OutboxLine {
    const clockOffsets = Object.fromEntries(this.clockOffsets);
    return { kind: 'state', version: 1, takenTo, open: [...this.open.values()], clockOffsets };
  }
}

/**
 * Reads the newest segment that begins with its state, and those after it; usually that is one file.
 * @returns the book, and lines that could not be read
 */
export async function recover(store: SegmentStore): Promise<{ book: OutboxBook; damagedTotal: number }> {
  const { firsts } = store;
  const read: OutboxLine[][] = [];
  let damagedTotal = 0;
  for (let index = firsts.length - 1; index >= 0; index--) {
    const found = await store.read(firsts[index]!);
    const reader = new SegmentReader(found?.bytes ?? Buffer.alloc(0));
    const lines: OutboxLine[] = [];
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
    damagedTotal += reader.damagedTotal;
    read.unshift(lines);
    if (lines[0]?.kind === 'state') break;
  }
  const book = new OutboxBook();
  for (const line of read.flat()) book.take(line);
  // Segments are removed once they are dealt with, which may outlast the line that says so.
  book.takenTo = Math.max(book.takenTo, (firsts[0] ?? 1) - 1);
  book.lastSequence = Math.max(book.lastSequence, book.takenTo, (firsts.at(-1) ?? 1) - 1);
  return { book, damagedTotal };
}
