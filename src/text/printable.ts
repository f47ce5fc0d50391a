/** Text of strangers, made fit for a terminal and a log: control characters, and marks that change the direction of a line, are replaced. */

/** Controls of C0 and C1, and the signs that turn the direction of writing (Trojan Source, CVE-2021-42574). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Each of them as an escape: \x1b, \u202e. */
export function printable(text: string): string {
  return text.replace(unprintable, (sign) => {
    const code = sign.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
