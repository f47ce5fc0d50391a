/** Ids of events: time of the start in base 36, and a counter shared by all cameras of the device. */

/** @returns a function that gives each event, by its start in ms since 1970, an id such as `mh9x2k1c-3f` */
export function createEventIds(): (startMs: number) => string {
  let counter = 0;
  return (startMs) => `${Math.max(0, Math.round(startMs)).toString(36)}-${(counter++).toString(36)}`;
}
