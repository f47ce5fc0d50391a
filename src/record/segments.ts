/** The files of the event store: append-only segments of checked lines, and beside each finished one its index. */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { putBytes } from '../system/files/put-file.ts';
import { checkedLine, eachLine, readCheckedLine } from '../text/checked-line.ts';
import { type EventRecord, eventRecordSchema } from './event-record.ts';
import { SegmentIndex } from './segment-index.ts';

/** The broker has the last message of an event whose record was written before. */
export interface TakenNote {
  readonly id: string;
  readonly takenMs: number;
}

export interface Segment {
  /** Counts up from 1. */
  readonly number: number;
  readonly path: string;
  bytes: number;
  readonly index: SegmentIndex;
  /** Notes in it about events of this or earlier segments. */
  readonly notes: TakenNote[];
}

const lineSchema = z.union([
  z.object({ event: eventRecordSchema }),
  z.object({ taken: z.object({ id: z.string().max(64), takenMs: z.number() }) }),
]);
const notesSchema = z.array(z.object({ id: z.string().max(64), takenMs: z.number() }));

const namePattern = /^lives-(\d{9})\.log$/;
/** A longer record is none of ours. */
const longestRecordBytes = 1_000_000;

/** What is there, oldest first. Damaged lines are left out and counted. */
export async function openSegments(folder: string): Promise<{ segments: Segment[]; damaged: number }> {
  await mkdir(folder, { recursive: true });
  const numbers = (await readdir(folder))
    .map((name) => Number(namePattern.exec(name)?.[1] ?? Number.NaN))
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b);
  const segments: Segment[] = [];
  let damaged = 0;
  for (const number of numbers) {
    const path = pathOf(folder, number);
    const indexed = number === numbers.at(-1) ? undefined : await readIndexed(path, number);
    if (indexed !== undefined) {
      segments.push(indexed);
      continue;
    }
    const scanned = await scan(path, number);
    damaged += scanned.damaged;
    segments.push(scanned.segment);
    if (number !== numbers.at(-1)) await writeIndex(scanned.segment).catch(() => undefined);
  }
  return { segments, damaged };
}

export function newSegment(folder: string, number: number): Segment {
  return { number, path: pathOf(folder, number), bytes: 0, index: new SegmentIndex(), notes: [] };
}

/** Appends whole lines, or nothing: what was written of them before an error is cut off again. */
export async function append(file: FileHandle, segment: Segment, lines: Buffer): Promise<void> {
  try {
    for (let done = 0; done < lines.length; ) {
      done += (await file.write(lines, done, lines.length - done, segment.bytes + done)).bytesWritten;
    }
  } catch (error) {
    await file.truncate(segment.bytes).catch(() => undefined);
    throw error;
  }
  segment.bytes += lines.length;
}

export const eventLine = (event: EventRecord): string => checkedLine(JSON.stringify({ event }));
export const takenLine = (taken: TakenNote): string => checkedLine(JSON.stringify({ taken }));

/** The record at a place of a segment; undefined when it is damaged. */
export async function readRecord(segment: Segment, offset: number, length: number): Promise<EventRecord | undefined> {
  if (length > longestRecordBytes) return undefined;
  const file = await open(segment.path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    const line = bytesRead === length ? readLine(bytes) : undefined;
    return line !== undefined && 'event' in line ? line.event : undefined;
  } finally {
    await file.close();
  }
}

/** Keeps the index of a finished segment, with its notes. */
export async function writeIndex(segment: Segment): Promise<void> {
  const notes = Buffer.from(JSON.stringify(segment.notes));
  const index = segment.index.encode(segment.bytes);
  const lengths = Buffer.alloc(4);
  lengths.writeUInt32LE(index.length, 0);
  await putBytes(Buffer.concat([lengths, index, notes]), indexPath(segment.path), 0o640);
}

export async function removeSegment({ path }: Segment): Promise<void> {
  await rm(path, { force: true });
  await rm(indexPath(path), { force: true });
}

async function readIndexed(path: string, number: number): Promise<Segment | undefined> {
  try {
    const bytes = await readFile(indexPath(path));
    const { size } = await stat(path);
    const end = 4 + bytes.readUInt32LE(0);
    const index = SegmentIndex.decode(bytes.subarray(4, end), size);
    if (index === undefined) return undefined;
    const notes = notesSchema.parse(JSON.parse(bytes.toString('utf8', end)));
    return { number, path, bytes: size, index, notes };
  } catch {
    // It isn't there, or is damaged: the segment itself tells the same, only slower.
    return undefined;
  }
}

async function scan(path: string, number: number): Promise<{ segment: Segment; damaged: number }> {
  const bytes = await readFile(path);
  const index = new SegmentIndex();
  const notes: TakenNote[] = [];
  let damaged = 0;
  let end = 0;
  eachLine(bytes, (line, at) => {
    end = at + line.length + 1;
    const found = readLine(line);
    if (found === undefined) damaged += 1;
    else if ('event' in found) index.add(found.event, at, line.length);
    else notes.push(found.taken);
  });
  // What was torn by a power cut is written over.
  return { segment: { number, path, bytes: end, index, notes }, damaged };
}

function readLine(line: Buffer): z.output<typeof lineSchema> | undefined {
  const text = readCheckedLine(line);
  if (text === undefined) return undefined;
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

const pathOf = (folder: string, number: number): string => join(folder, `lives-${String(number).padStart(9, '0')}.log`);
const indexPath = (path: string): string => path.replace(/\.log$/, '.index');
