/** The first line of a file that holds a password, as editors of all systems write such files. */

/** The password, or why there is none, in words that follow the file's name. The content is in neither. */
export function secretLine(bytes: Uint8Array): { readonly secret: string } | { readonly fault: string } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { fault: 'is text in UTF-16; save it as UTF-8' };
  }
  let text: string;
  try {
    // A byte order mark is taken off: Windows' Notepad writes one, and no broker or camera would know it.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { fault: 'is not UTF-8 text; save it as UTF-8' };
  }
  const secret = text.split(/\r\n|\r|\n/, 1)[0]!;
  if (secret === '') return { fault: 'has an empty first line; expected the password' };
  return secret.includes('\0') ? { fault: 'holds zero bytes; expected text' } : { secret };
}
