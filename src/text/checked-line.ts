/** Lines of a log file that show damage: CRC-32 of the text in hex, a space, the text. JSON has no line breaks, so a damaged line costs only itself. */
import { crc32 } from 'node:zlib';

/** 8 hex digits and a space. */
const checksumLength = 9;

/** @param text without line breaks */
export function checkedLine(text: string): string {
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

/** The text of a line without its line break; undefined for one that is torn or damaged. */
export function readCheckedLine(line: Buffer): string | undefined {
  const text = line.subarray(checksumLength);
  const checksum = `${crc32(text).toString(16).padStart(8, '0')} `;
  return line.toString('latin1', 0, checksumLength) === checksum ? text.toString('utf8') : undefined;
}

/** Calls back with each line, without its break, and where it begins. What follows the last break is torn, and left out. */
export function eachLine(bytes: Buffer, take: (line: Buffer, at: number) => void): void {
  for (let from = 0; ; ) {
    const end = bytes.indexOf(0x0a, from);
    if (end < 0) return;
    take(bytes.subarray(from, end), from);
    from = end + 1;
  }
}
