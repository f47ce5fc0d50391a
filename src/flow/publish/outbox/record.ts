/** A record: one event as the outbox keeps it, and the lines its files are made of. The noun of outbox/. */
import { z } from 'zod';
import { checkedLine, readCheckedLine } from '../../../text/checked-line.ts';
import type { Event } from '../../track/event.ts';

const finite = z.number();

/** When and on which clock something was recorded. */
const stampSchema = z.object({
  bootId: z.string(),
  sinceBootMs: finite,
  wallMs: finite,
  /** Absent: nothing on the machine tells. */
  synchronised: z.boolean().optional(),
});

/** What sending an event relies on. Other fields pass as they are: newer and older versions may have others. */
const eventSchema = z
  .looseObject({
    type: z.enum(['new', 'update', 'end']),
    id: z.string(),
    camera: z.string().regex(/^[a-z0-9_-]{1,64}$/),
    label: z.string(),
    score: finite,
    box: z.tuple([finite, finite, finite, finite]).optional(),
    zones: z.array(z.string()),
    enteredZones: z.array(z.string()),
    stationary: z.boolean(),
    crossings: z.array(z.looseObject({ line: z.string(), direction: z.enum(['in', 'out']), atMs: time() })),
    estimates: z.array(z.looseObject({ name: z.string() })).optional(),
    startMs: time(),
    /** Here, other than in the tracker, ms since boot. */
    startMonotonicMs: finite,
    endMs: time().optional(),
    endMonotonicMs: finite.optional(),
    reason: z.enum(['gone', 'stopped', 'camera-lost', 'interrupted']).optional(),
    backend: z.enum(['cpu', 'xnnpack', 'edgetpu']),
    modelSha256: z.string(),
  })
  .transform((event) => event as unknown as Event);

const recordSchema = z.object({
  /** Counts the events of this device from 1. */
  sequence: z.int().positive(),
  event: eventSchema,
  stamp: stampSchema,
  /** There was a session when it happened, and so it was sent at once. */
  live: z.boolean(),
});

/** State that can't be worked out from the events that are still there. It is the first line of every file. */
const stateSchema = z.object({
  kind: z.literal('state'),
  version: z.literal(1),
  /** Every event up to this sequence is dealt with. */
  takenTo: z.int().nonnegative(),
  /** The newest record of each event that hasn't ended. */
  open: z.array(recordSchema),
  /** By boot: wall clock minus time since boot, once the clock was synchronised. */
  clockOffsets: z.record(z.string(), finite),
});

const lineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), record: recordSchema }),
  z.object({ kind: z.literal('taken'), to: z.int().nonnegative() }),
  z.object({ kind: z.literal('clock'), bootId: z.string(), offsetMs: finite }),
  stateSchema,
]);

export type Stamp = z.output<typeof stampSchema>;
export type OutboxRecord = z.output<typeof recordSchema>;
export type OutboxState = z.output<typeof stateSchema>;
export type OutboxLine = z.output<typeof lineSchema>;

export function encodeLine(line: OutboxLine): string {
  return checkedLine(JSON.stringify(line));
}

/** Undefined for a line that is torn, damaged or of no kind that is known. */
export function decodeLine(bytes: Buffer): OutboxLine | undefined {
  const text = readCheckedLine(bytes);
  if (text === undefined) return undefined;
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** A time that a Date can hold. */
function time() {
  return finite.min(-8.64e15).max(8.64e15);
}
