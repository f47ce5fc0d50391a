/** Whether two sentences tell of the same trouble, though a program that is quoted in them counts, or prints times and pointers. */

/** Addresses in memory, such as ffmpeg puts behind its own names: `[rtsp @ 0x5581ab30c4c0]`. */
const pointer = / ?@ 0x[0-9a-f]+|\b0x[0-9a-f]{6,}\b/gi;
/** Numbers, also with points and colons between: times, dates, counts, ports. */
const numbers = /\d+(?:[.:,]\d+)*/g;

/** The text without pointers, as it is shown to people. */
export function withoutPointers(text: string): string {
  return text.replaceAll(pointer, '');
}

/** Equal for sentences that differ in pointers and numbers only. */
export function troubleKey(text: string): string {
  return withoutPointers(text).replaceAll(numbers, '#');
}
