/** Where a page of the timeline begins, as the page before it says: a segment and a position in it. */

/** What can't be read means the newest. */
export function pagePlace(before: string | undefined): [number: number, position: number] {
  const [number, position] = (before ?? '').split('-').map(Number);
  if (
    number === undefined ||
    position === undefined ||
    !Number.isSafeInteger(number) ||
    !Number.isSafeInteger(position)
  ) {
    return [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  }
  return [number, position];
}
