/** Ids of events: time of the start in base 36, and a counter shared by all cameras of the device. */
import { randomInt } from 'node:crypto';

/** The counter starts anywhere below: a clock that starts at the same time with every boot doesn't give an id twice. */
const counterStart = 36 ** 3;

/** @returns a function that gives each event, by its start in ms since 1970, an id such as `mh9x2k1c-3f` */
export function createEventIds(): (startMs: number) => string {
  let counter = randomInt(counterStart);
  return (startMs) => `${Math.max(0, Math.round(startMs)).toString(36)}-${(counter++).toString(36)}`;
}
