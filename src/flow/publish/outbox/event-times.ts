/** Times of an event as they are told: by the monotonic clock and its offset, where the wall clock was wrong. Pure functions. */
import type { Event } from '../../track/event.ts';
import type { OutboxRecord } from './record.ts';

/** Wall clock and monotonic clock drift apart by less than this during one event; more is a jump. */
const jumpMs = 1000;

export interface TimedEvent {
  readonly event: Event;
  /** Undefined: nothing on the machine tells. */
  readonly clockSynchronised: boolean | undefined;
  /** When it was recorded, on the same clock. */
  readonly recordedMs: number;
}

/**
 * @param offsetMs wall clock minus time since boot of the record's boot, once that clock was synchronised; else undefined
 * @returns the event with start, end and crossings on one clock: the synchronised one if it is known, else the wall clock
 *   as it was when the event was recorded, so that its duration holds whatever the clock did meanwhile
 */
export function timedEvent({ event, stamp }: OutboxRecord, offsetMs: number | undefined): TimedEvent {
  const recordedOffsetMs = stamp.wallMs - stamp.sinceBootMs;
  const corrects = stamp.synchronised === false && offsetMs !== undefined;
  const rightOffsetMs = corrects ? offsetMs : recordedOffsetMs;
  const { startMs, startMonotonicMs, endMs, endMonotonicMs, crossings } = event;
  const rightStartMs = onClock(startMs, startMonotonicMs, rightOffsetMs);
  const recordedMs = stamp.sinceBootMs + rightOffsetMs;
  return {
    event: {
      ...event,
      startMs: rightStartMs,
      ...(endMs === undefined ? {} : { endMs: onClock(endMs, endMonotonicMs, rightOffsetMs) }),
      // A crossing has no monotonic time of its own: where it can't be right, it moves as the start does.
      crossings: crossings.map((crossing) =>
        crossing.atMs >= rightStartMs - jumpMs && crossing.atMs <= recordedMs + jumpMs
          ? crossing
          : { ...crossing, atMs: crossing.atMs + rightStartMs - startMs },
      ),
    },
    clockSynchronised: corrects ? true : stamp.synchronised,
    recordedMs,
  };
}

/** The time as it was read, unless the clock has jumped since. */
function onClock(readMs: number, monotonicMs: number | undefined, offsetMs: number): number {
  if (monotonicMs === undefined) return readMs;
  const rightMs = Math.round(monotonicMs + offsetMs);
  return Math.abs(rightMs - readMs) > jumpMs ? rightMs : readMs;
}
